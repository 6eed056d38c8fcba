import { timingSafeEqual } from 'node:crypto'
import { BLOCK_BYTES, foldLayer, HASH_BYTES, hashBlocks } from './block-tree.js'
import type { ContentLayout } from './content-layout.js'

/**
 * Hashes one piece while it arrives, in order, so that little is left to do when its last byte is there. It keeps
 * only hashes, 32 KiB for the largest piece, and copies no data.
 */
export class PieceHasher {
  readonly #length: number
  readonly #level: number
  readonly #leaves: Buffer
  #blocks = 0
  #received = 0

  /** @throws RangeError when the content has no such piece */
  constructor(layout: ContentLayout, piece: number) {
    this.#length = layout.pieceLength(piece)
    this.#level = layout.levelOf(piece)
    this.#leaves = Buffer.allocUnsafe(Math.ceil(this.#length / BLOCK_BYTES) * HASH_BYTES)
  }

  /** How many bytes of the piece were given. */
  get received(): number {
    return this.#received
  }

  /** Whether all bytes of the piece were given. */
  get isComplete(): boolean {
    return this.#received === this.#length
  }

  /**
   * Takes the next bytes of the piece.
   *
   * @param bytes - whole blocks; only the end of the piece may be less
   * @throws RangeError when they end inside a block, or go on behind the piece
   */
  update(bytes: Uint8Array): this {
    this.#assertNext(bytes.length)
    this.#blocks = hashBlocks(bytes, this.#leaves, this.#blocks)
    this.#received += bytes.length
    return this
  }

  /**
   * Takes the next bytes of the piece, which were hashed elsewhere.
   *
   * @param hashes - of their blocks
   * @param length - how many bytes they are, as for {@link PieceHasher.update}
   * @throws RangeError as there
   */
  accept(hashes: Uint8Array, length: number): this {
    this.#assertNext(length)
    this.#leaves.set(hashes, this.#blocks * HASH_BYTES)
    this.#blocks += hashes.length / HASH_BYTES
    this.#received += length
    return this
  }

  #assertNext(length: number): void {
    const end = this.#received + length
    if (end < this.#length ? length % BLOCK_BYTES === 0 : end === this.#length) return
    throw new RangeError(`${length} bytes do not continue a piece at ${this.#received} of ${this.#length}.`)
  }

  /** Begins anew with the same piece. */
  reset(): void {
    this.#blocks = 0
    this.#received = 0
  }

  /**
   * The hash of the piece. Afterwards the hasher stands at the beginning of the same piece.
   *
   * @throws RangeError when bytes are missing
   */
  digest(): Buffer {
    if (!this.isComplete)
      throw new RangeError(`${this.#length - this.#received} bytes of the piece are missing.`)
    foldLayer(this.#leaves, this.#blocks, 0, this.#level)
    this.reset()
    return Buffer.from(this.#leaves.subarray(0, HASH_BYTES))
  }

  /** Whether the piece is the one with this hash; otherwise as {@link PieceHasher.digest}. */
  matches(hash: Uint8Array): boolean {
    return timingSafeEqual(this.digest(), hash)
  }
}
