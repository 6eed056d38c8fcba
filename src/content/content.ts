import { timingSafeEqual } from 'node:crypto'
import { foldLayer, HASH_BYTES, hashBlock, levelsAbove } from './block-tree.js'
import { ContentLayout } from './content-layout.js'

/**
 * What a file is. Two files with the same size and root have the same bytes. The root alone does not say so: inner
 * nodes hash 64 bytes as a block of 64 bytes does, so a root means nothing without the size that was agreed with it.
 */
export interface Content {
  readonly size: number
  /** BEP 52 "pieces root". */
  readonly root: Buffer
  /** Follows from the size: see {@link ContentLayout}. */
  readonly pieceSize: number
  /** The piece layer: one hash of 32 bytes for each piece. Empty where there are no bytes. */
  readonly pieces: Buffer
}

/**
 * The root of a content of no bytes: SHA-256 of an empty block. BEP 52 gives empty files none. The rule for files of
 * one block or less goes on to hold this way, and the root differs from a zero leaf, which stands for no content.
 */
export const EMPTY_ROOT: Buffer = hashBlock(new Uint8Array(0))

/** Computes the root from the piece layer of a content of that size. The layer must have the right length. */
export function rootOfPieces(size: number, pieces: Uint8Array): Buffer {
  const { pieceCount, pieceLevel } = new ContentLayout(size)
  if (pieceCount === 0) return EMPTY_ROOT
  const layer = Buffer.from(pieces)
  foldLayer(layer, pieceCount, pieceLevel, pieceLevel + levelsAbove(pieceCount))
  return layer.subarray(0, HASH_BYTES)
}

/** Whether these are the hashes of the pieces of the content with that size and root. */
export function arePiecesOf(size: number, root: Uint8Array, pieces: Uint8Array): boolean {
  if (root.length !== HASH_BYTES || !ContentLayout.isSize(size)) return false
  if (pieces.length !== new ContentLayout(size).pieceCount * HASH_BYTES) return false
  return timingSafeEqual(rootOfPieces(size, pieces), root)
}

/** The hash of one piece out of a piece layer; a view. */
export function pieceHashOf(pieces: Buffer, piece: number): Buffer {
  const from = piece * HASH_BYTES
  if (!Number.isInteger(piece) || from < 0 || from >= pieces.length) {
    throw new RangeError(`There is no piece ${piece}.`)
  }
  return pieces.subarray(from, from + HASH_BYTES)
}
