import { BLOCK_BYTES, levelsAbove, MAX_PIECE_LEVEL, MAX_PIECES, MIN_PIECE_LEVEL } from './block-tree.js'

/** Largest piece. */
export const MAX_PIECE_BYTES: number = BLOCK_BYTES << MAX_PIECE_LEVEL

/** Largest content, 4 TiB: its piece layer is 8 MiB and its bitfield 32 KiB, which bounds what a receiver holds. */
export const MAX_CONTENT_BYTES: number = 2 ** 42
/** Most pieces that any content has. */
export const MAX_CONTENT_PIECES: number = MAX_CONTENT_BYTES / MAX_PIECE_BYTES

/**
 * How a content of a given size divides into pieces: by the smallest power of two from 128 KiB to 16 MiB that makes
 * 2,048 pieces or fewer. Files of more than 32 GiB have more pieces, of 16 MiB.
 */
export class ContentLayout {
  readonly size: number
  readonly pieceSize: number
  readonly pieceCount: number
  /** How many levels of the tree a whole piece has above its blocks. */
  readonly pieceLevel: number

  /** @throws RangeError unless {@link ContentLayout.isSize} */
  constructor(size: number) {
    if (!ContentLayout.isSize(size)) throw new RangeError(`A content cannot have ${size} bytes.`)
    let level: number = MIN_PIECE_LEVEL
    while (level < MAX_PIECE_LEVEL && size > MAX_PIECES * (BLOCK_BYTES << level)) level++
    this.size = size
    this.pieceLevel = level
    this.pieceSize = BLOCK_BYTES << level
    this.pieceCount = Math.ceil(size / this.pieceSize)
  }

  /** Whether a content can have this size. */
  static isSize(size: number): boolean {
    return Number.isInteger(size) && size >= 0 && size <= MAX_CONTENT_BYTES
  }

  /** Where in the content a piece begins. */
  pieceStart(piece: number): number {
    this.#check(piece)
    return piece * this.pieceSize
  }

  /** How many bytes a piece has; only the last may be shorter. */
  pieceLength(piece: number): number {
    return Math.min(this.pieceSize, this.size - this.pieceStart(piece))
  }

  /** On which level of the tree the hash of a piece stands: an only piece has a tree of its own height. */
  levelOf(piece: number): number {
    const length = this.pieceLength(piece)
    return this.pieceCount === 1 ? levelsAbove(Math.ceil(length / BLOCK_BYTES)) : this.pieceLevel
  }

  /** The piece that a byte is in. */
  pieceAt(position: number): number {
    const piece = Math.floor(position / this.pieceSize)
    this.#check(piece)
    return piece
  }

  #check(piece: number): void {
    if (!Number.isInteger(piece) || piece < 0 || piece >= this.pieceCount) {
      throw new RangeError(`There is no piece ${piece} in ${this.pieceCount}.`)
    }
  }
}
