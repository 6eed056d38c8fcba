// The thread that has a catalogue's file open: what the disk takes its time for must not hold up the index. Plain
// JavaScript, so that it runs from src as from dist.
import { parentPort, workerData } from 'node:worker_threads'
import { FileFailure, named, SqliteFile } from './sqlite-file.js'

// Batches that may wait to be taken over, of a quarter of a megabyte each: while they are, the file is looked through for
// damage, which takes as long.
const AHEAD = 32

let file

try {
  const { default: Database } = await import('better-sqlite3').catch((cause) => {
    throw new FileFailure('missing', cause.message, cause)
  })
  // Its native part is loaded with the first database.
  if (workerData.checkOnly) SqliteFile.check(withNative(Database), workerData.path)
  else {
    file = new SqliteFile(withNative(Database), workerData.path, workerData.maxPages)
    readAll()
  }
  parentPort.postMessage({ opened: true })
} catch (error) {
  file?.close()
  fail(error)
}

parentPort.on('message', (order) => {
  try {
    if (order.close) {
      file?.close()
      parentPort.postMessage({ closed: true })
      parentPort.close()
    } else {
      file.write(order.changes)
      parentPort.postMessage({ written: true })
    }
  } catch (error) {
    fail(error)
  }
})

function readAll() {
  parentPort.postMessage(file.summary())
  let sent = 0
  for (const batch of file.read()) {
    if (sent === AHEAD) file.verify()
    waitFor(sent++ - AHEAD)
    const { users, names, steps, roots, audiences, sizes, times, keys } = batch
    const texts = [names, roots, audiences].flatMap(({ bytes, ends }) => [bytes, ends])
    const buffers = [...texts, users, steps, sizes, times, keys].map(({ buffer }) => buffer)
    parentPort.postMessage({ batch }, buffers)
  }
  file.verify()
}

// Until more batches than this were taken over.
function waitFor(count) {
  const { taken } = workerData
  for (let now = Atomics.load(taken, 0); now <= count; now = Atomics.load(taken, 0))
    Atomics.wait(taken, 0, now)
}

// A thrown error loses its kind on the way between threads.
function fail(error) {
  const { kind, message } = named(error)
  parentPort.postMessage({ failure: { kind, message } })
}

function withNative(Database) {
  return new Proxy(Database, {
    construct(target, args) {
      try {
        return new target(...args)
      } catch (error) {
        if (error.code === 'ERR_DLOPEN_FAILED' || /bindings/.test(error.message)) {
          throw new FileFailure('missing', error.message, error)
        }
        throw error
      }
    },
  })
}
