// The worker thread: writes bytes to an open file of its process, and hashes their blocks. Plain JavaScript, so that it
// runs from src as from dist.
import { writeSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { BLOCK_BYTES, HASH_BYTES, hashBlocks } from './block-tree.js'

// What was hashed just now is still in the cache of the core when it is written.
const SLICE_BYTES = 16 * BLOCK_BYTES

parentPort.on('message', ({ fd, buffer, length, position }) => {
  const bytes = Buffer.from(buffer, 0, length)
  const hashes = Buffer.allocUnsafeSlow(Math.ceil(length / BLOCK_BYTES) * HASH_BYTES)
  let failure
  try {
    let blocks = 0
    for (let from = 0; from < length; from += SLICE_BYTES) {
      const slice = bytes.subarray(from, from + SLICE_BYTES)
      blocks = hashBlocks(slice, hashes, blocks)
      writeWhole(fd, slice, position + from)
    }
  } catch (error) {
    // A thrown error loses its code on the way between threads.
    failure = { code: error.code, message: error.message }
  }
  parentPort.postMessage({ buffer, hashes: hashes.buffer, failure }, [buffer, hashes.buffer])
})

parentPort.postMessage('ready')

function writeWhole(fd, bytes, position) {
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(fd, bytes, written, bytes.length - written, position + written)
  }
}
