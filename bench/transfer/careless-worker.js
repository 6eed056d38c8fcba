// What src/content/write-worker.js is, without the hashing.
import { writeSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'

parentPort.on('message', ({ fd, buffer, length, position }) => {
  writeSync(fd, Buffer.from(buffer, 0, length), 0, length, position)
  const hashes = new ArrayBuffer(0)
  parentPort.postMessage({ buffer, hashes }, [buffer, hashes])
})

parentPort.postMessage('ready')
