// The worker thread that writes small files and gives them their names. Plain JavaScript, so that it runs from src as
// from dist. Here the calls may block: each would cost another thread more to ask for than to make.
import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  openSync,
  realpathSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { parentPort } from 'node:worker_threads'

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants

// The memory goes back, to be used again.
parentPort.on('message', (files) => {
  const memories = files.map(({ memory }) => memory)
  parentPort.postMessage({ outcomes: placeAll(files), memories }, memories)
})

// Each is 'placed', 'left' (nothing of it is there, and another way may do it), or has its name and the code of what
// kept that from the disk.
function placeAll(files) {
  const outcomes = files.map(() => 'left')
  const folders = new Map()
  const written = []
  files.forEach((file, place) => {
    const { folder, realFolder } = file
    if (!folders.has(folder)) folders.set(folder, isStill(folder, realFolder))
    if (folders.get(folder)) written.push({ place, file, descriptor: write(file) })
  })
  // Only now, so that one turn of the disk may do for all of them.
  for (const { place, file, descriptor } of written) {
    if (descriptor !== undefined && name(file, descriptor)) outcomes[place] = 'placed'
  }
  const named = files.filter((_file, place) => outcomes[place] === 'placed')
  for (const folder of new Set(named.map(({ realFolder }) => realFolder))) {
    const failure = syncFolder(folder)
    if (failure === undefined) continue
    files.forEach(({ realFolder }, place) => {
      if (realFolder === folder && outcomes[place] === 'placed') outcomes[place] = failure
    })
  }
  return outcomes
}

// A link may have come into its place.
function isStill(folder, realFolder) {
  try {
    return realpathSync.native(folder) === realFolder
  } catch {
    return false
  }
}

function write({ realFolder, part, memory, length }) {
  const path = join(realFolder, part)
  let descriptor
  try {
    descriptor = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666)
    const bytes = Buffer.from(memory)
    for (let done = 0; done < length; ) done += writeSync(descriptor, bytes, done, length - done)
    return descriptor
  } catch {
    if (descriptor !== undefined) discard(path, descriptor)
    return undefined
  }
}

function name({ realFolder, part, name }, descriptor) {
  const path = join(realFolder, part)
  try {
    fsyncSync(descriptor)
    renameToFree(path, join(realFolder, name))
    closeSync(descriptor)
    return true
  } catch {
    discard(path, descriptor)
    return false
  }
}

// As part-file.ts has it.
function renameToFree(from, to) {
  try {
    linkSync(from, to)
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes(error.code)) throw error
    renameSync(from, to)
    return
  }
  unlinkSync(from)
}

function discard(path, descriptor) {
  try {
    closeSync(descriptor)
    unlinkSync(path)
  } catch {
    // Whoever tries the other way will find it, and say so.
  }
}

function syncFolder(folder) {
  try {
    const descriptor = openSync(folder, O_RDONLY)
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    return undefined
  } catch (error) {
    return error.code ?? String(error)
  }
}
