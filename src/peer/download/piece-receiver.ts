import type { ContentLayout } from '../../content/content-layout.js'
import { PieceHasher } from '../../content/piece-hasher.js'
import type { JoinBuffers } from './join-buffers.js'

/** What a {@link PieceReceiver} needs. */
export interface PieceReceiverOptions {
  readonly buffers: JoinBuffers
  /** Puts bytes at a position of the content; the buffer is not used again before it has resolved. */
  readonly write: (bytes: Buffer, position: number) => Promise<void>
}

/** One piece on its way from one source: its bytes in order, hashed and written while they arrive. */
export class PieceReceiver {
  readonly #options: PieceReceiverOptions
  readonly #hasher: PieceHasher
  readonly #start: number
  readonly #length: number
  #joined: Buffer | undefined
  #filled = 0
  #received = 0
  #writing: Promise<unknown> = Promise.resolve()

  constructor(layout: ContentLayout, piece: number, options: PieceReceiverOptions) {
    this.#options = options
    this.#hasher = new PieceHasher(layout, piece)
    this.#start = layout.pieceStart(piece)
    this.#length = layout.pieceLength(piece)
  }

  /** How many bytes have come. */
  get received(): number {
    return this.#received
  }

  /** Whether every byte has come. */
  get isWhole(): boolean {
    return this.#received === this.#length
  }

  /** Takes the next bytes, which may be overwritten afterwards. */
  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      this.#joined ??= this.#options.buffers.take()
      const copied = bytes.copy(this.#joined, this.#filled, at)
      at += copied
      this.#filled += copied
      this.#received += copied
      if (this.#filled === this.#joined.length || this.isWhole) this.#flush(this.#joined)
    }
  }

  #flush(joined: Buffer): void {
    const { buffers, write } = this.#options
    const bytes = joined.subarray(0, this.#filled)
    const position = this.#start + this.#received - this.#filled
    this.#hasher.update(bytes)
    const written = write(bytes, position).then(() => buffers.give(joined))
    this.#writing = Promise.all([this.#writing, written])
    this.#writing.catch(() => {})
    this.#joined = undefined
    this.#filled = 0
  }

  /**
   * When all is written: whether the piece is the one with this hash.
   * @throws BitTrickleError (rejects) `DISK_ERROR`
   */
  async verify(hash: Buffer): Promise<boolean> {
    const isRight = this.#hasher.matches(hash)
    await this.#writing
    return isRight
  }
}
