// Plain JavaScript, with its types in block-tree.d.ts: the hashing worker runs this file as it is, from src under the
// tests and from dist in the package, and the main thread shares it, so that there is one tree and not two.
import { hash } from 'node:crypto'

export const BLOCK_BYTES = 16_384
export const HASH_BYTES = 32

export const MIN_PIECE_LEVEL = 3
export const MAX_PIECE_LEVEL = 10
export const MAX_PIECES = 2_048

// crypto.hash instead of createHash: no stream object per block, which is a third of the time at 16 KiB.
export function hashBlock(block) {
  return hash('sha256', block, 'buffer')
}

// Half of what crypto.hash costs besides the hashing is the Buffer that it returns: a string is cheaper to make, and to
// write where the hash belongs.
function hashInto(target, at, bytes) {
  target.write(hash('sha256', bytes, 'latin1'), at, 'latin1')
}

// BEP 52, "pieces root": leaf hashes beyond the end of the file are set to zero. Level 0 is such a leaf.
const zeroRoots = [Buffer.alloc(HASH_BYTES)]

export function zeroRoot(level) {
  for (let known = zeroRoots.length; known <= level; known++) {
    const below = zeroRoots[known - 1]
    zeroRoots.push(hashBlock(Buffer.concat([below, below])))
  }
  return zeroRoots[level]
}

export function hashBlocks(bytes, target, at) {
  let leaf = at
  for (let from = 0; from < bytes.length; from += BLOCK_BYTES) {
    hashInto(target, leaf * HASH_BYTES, bytes.subarray(from, from + BLOCK_BYTES))
    leaf++
  }
  return leaf
}

export function foldLayer(layer, count, fromLevel, toLevel) {
  const pairBytes = 2 * HASH_BYTES
  let width = count
  for (let level = fromLevel; level < toLevel; level++) {
    const pairs = Math.floor(width / 2)
    for (let pair = 0; pair < pairs; pair++) {
      // A parent is written where its children or older ones stood: they are not read again.
      const from = pair * pairBytes
      hashInto(layer, pair * HASH_BYTES, layer.subarray(from, from + pairBytes))
    }
    if (width % 2 === 1) {
      const from = pairs * pairBytes
      const last = Buffer.concat([layer.subarray(from, from + HASH_BYTES), zeroRoot(level)])
      hashInto(layer, pairs * HASH_BYTES, last)
    }
    width = Math.ceil(width / 2)
  }
  return width
}

export function levelsAbove(count) {
  return count <= 1 ? 0 : 32 - Math.clz32(count - 1)
}
