import { createHash } from 'node:crypto'

// An independent computation, written from the text of BEP 52 alone, with nothing of src: all leaves at once, the
// tree by recursion.
const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

function treeOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0] as Buffer
  const half = leaves.length / 2
  return sha256(treeOf(leaves.slice(0, half)), treeOf(leaves.slice(half)))
}

function leavesOf(bytes: Buffer, atLeast: number): Buffer[] {
  const leaves: Buffer[] = []
  for (let at = 0; at < bytes.length; at += 16_384) leaves.push(sha256(bytes.subarray(at, at + 16_384)))
  let wanted = atLeast
  while (wanted < leaves.length) wanted *= 2
  while (leaves.length < wanted) leaves.push(Buffer.alloc(32))
  return leaves
}

/** "the root hash of a merkle tree ... constructed from 16KiB blocks of the file" */
export const naiveRoot = (bytes: Buffer): Buffer => treeOf(leavesOf(bytes, 1))

/** "The layer is chosen so that one hash covers piece length bytes"; hashes beyond the end of the file are omitted. */
export function naivePieces(bytes: Buffer, pieceSize: number): Buffer {
  if (bytes.length === 0) return Buffer.alloc(0)
  if (bytes.length <= pieceSize) return naiveRoot(bytes)
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += pieceSize) {
    pieces.push(treeOf(leavesOf(bytes.subarray(at, at + pieceSize), pieceSize / 16_384)))
  }
  return Buffer.concat(pieces)
}

/** Bytes that differ from block to block. */
export function patterned(size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  for (let at = 0; at < size; at++) bytes[at] = at % 251
  return bytes
}
