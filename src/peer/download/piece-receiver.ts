import type { ContentLayout } from '../../content/content-layout.js'
import { PieceHasher } from '../../content/piece-hasher.js'
import type { Write } from './content-sink.js'
import type { JoinBuffers } from './join-buffers.js'

/** What a {@link PieceReceiver} needs. */
export interface PieceReceiverOptions {
  readonly buffers: JoinBuffers
  /** Puts bytes to their place. */
  readonly write: Write
}

/** One piece on its way from one source: its bytes in order, written and hashed while they arrive. */
export class PieceReceiver {
  readonly #options: PieceReceiverOptions
  readonly #hasher: PieceHasher
  readonly #start: number
  readonly #length: number
  #joined: Buffer | undefined
  #filled = 0
  #received = 0
  #placed: Promise<void> = Promise.resolve()

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

  /**
   * Where the next bytes may be put before they are pushed, which then copies nothing. It is theirs alone until then, and
   * of use to nobody else when they are not pushed.
   */
  room(): Buffer | undefined {
    if (this.isWhole) return undefined
    this.#joined ??= this.#options.buffers.take()
    return this.#joined.subarray(this.#filled, this.#filled + this.#length - this.#received)
  }

  /** Takes the next bytes, which may be overwritten afterwards unless they are in their room. */
  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      this.#joined ??= this.#options.buffers.take()
      const copied = this.#isInRoom(bytes, this.#joined)
        ? bytes.length
        : bytes.copy(this.#joined, this.#filled, at)
      at += copied
      this.#filled += copied
      this.#received += copied
      if (this.#filled === this.#joined.length || this.isWhole) this.#flush(this.#joined)
    }
  }

  #isInRoom(bytes: Buffer, joined: Buffer): boolean {
    return bytes.buffer === joined.buffer && bytes.byteOffset === joined.byteOffset + this.#filled
  }

  #flush(joined: Buffer): void {
    const position = this.#start + this.#received - this.#filled
    this.#placed = this.#place(joined, this.#filled, position, this.#placed)
    this.#placed.catch(() => {})
    this.#joined = undefined
    this.#filled = 0
  }

  async #place(joined: Buffer, length: number, position: number, before: Promise<void>): Promise<void> {
    const { buffers, write } = this.#options
    const [written] = await Promise.all([write(joined.subarray(0, length), position), before])
    if (written === undefined) this.#hasher.update(joined.subarray(0, length))
    else this.#hasher.accept(written.hashes, length)
    buffers.give(written?.buffer ?? joined)
  }

  /**
   * When all is written: whether the piece is the one with this hash.
   * @throws BitTrickleError (rejects) `DISK_ERROR`
   */
  async verify(hash: Buffer): Promise<boolean> {
    await this.#placed
    return this.#hasher.matches(hash)
  }
}
