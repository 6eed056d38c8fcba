// The worker thread: reads an open file of its process and hashes it. Plain JavaScript, so that it runs from src as
// from dist.
import { readSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { ContentHasher } from './content-hasher.js'
import { PROGRESS_BYTES, READ_BYTES } from './reads.js'

const buffer = Buffer.allocUnsafeSlow(READ_BYTES)

parentPort.on('message', ({ fd, size, stop }) => {
  try {
    parentPort.postMessage({ content: hashDescriptor(fd, size, stop) })
  } catch (error) {
    // A thrown error loses its code on the way between threads.
    parentPort.postMessage({ failure: { code: error.code, message: error.message } })
  }
})

function hashDescriptor(fd, size, stop) {
  const hasher = new ContentHasher()
  let position = 0
  while (position < size && Atomics.load(stop, 0) === 0) {
    const bytesRead = readSync(fd, buffer, 0, Math.min(READ_BYTES, size - position), position)
    if (bytesRead === 0) break
    hasher.update(buffer.subarray(0, bytesRead))
    position += bytesRead
    if (position % PROGRESS_BYTES === 0 || position === size) parentPort.postMessage({ hashed: position })
  }
  return hasher.digest()
}
