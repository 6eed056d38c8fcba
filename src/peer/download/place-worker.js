// The worker thread that verifies small files, writes them and gives them their names. Plain JavaScript, so that it runs
// from src as from dist. Here the calls may block: each would cost another thread more to ask for than to make.
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
import { parentPort, workerData } from 'node:worker_threads'
import { foldLayer, HASH_BYTES, hashBlocks, levelsAbove, MIN_PIECE_LEVEL } from '../../content/block-tree.js'

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants

// Of the blocks of the largest file.
const leaves = Buffer.alloc(HASH_BYTES << MIN_PIECE_LEVEL)

parentPort.on('message', (batches) => {
  parentPort.postMessage(batches.flatMap(placeAll))
})

// Files of one folder. Each is 'placed', 'wrong' or 'left' (nothing of it is there), or has its name and the code of what
// kept that from the disk.
function placeAll({ path, realPath, orders }) {
  if (!isStill(path, realPath)) return orders.map(() => 'left')
  const written = orders.map((order) => write(realPath, order))
  // Only now, so that one turn of the disk may do for all of them.
  const outcomes = orders.map((order, place) => {
    const descriptor = written[place]
    return typeof descriptor === 'number' ? name(realPath, order, descriptor) : descriptor
  })
  if (!outcomes.includes('placed')) return outcomes
  const failure = syncFolder(realPath)
  return failure === undefined
    ? outcomes
    : outcomes.map((outcome) => (outcome === 'placed' ? failure : outcome))
}

// A link may have come into its place.
function isStill(path, realPath) {
  try {
    return realpathSync.native(path) === realPath
  } catch {
    return false
  }
}

// The file that was opened, or why there is none.
function write(folder, { part, start, length, root }) {
  const bytes = Buffer.from(workerData, start, length)
  if (rootOf(bytes) !== root) return 'wrong'
  const path = join(folder, part)
  let descriptor
  try {
    descriptor = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666)
    for (let done = 0; done < length; ) done += writeSync(descriptor, bytes, done, length - done)
    return descriptor
  } catch {
    if (descriptor !== undefined) discard(path, descriptor)
    return 'left'
  }
}

// It is the only piece, and so its tree is as high as its own blocks demand.
function rootOf(bytes) {
  const blocks = hashBlocks(bytes, leaves, 0)
  foldLayer(leaves, blocks, 0, levelsAbove(blocks))
  return leaves.toString('base64url', 0, HASH_BYTES)
}

function name(folder, { part, name }, descriptor) {
  const path = join(folder, part)
  try {
    fsyncSync(descriptor)
    renameToFree(path, join(folder, name))
    closeSync(descriptor)
    return 'placed'
  } catch {
    discard(path, descriptor)
    return 'left'
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
