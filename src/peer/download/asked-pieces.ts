import type { ContentLayout } from '../../content/content-layout.js'
import { PieceReceiver, type PieceReceiverOptions } from './piece-receiver.js'
import { PieceWrites } from './piece-writes.js'

/** A piece of which every byte has come. */
export interface WholePiece {
  readonly piece: number
  /**
   * Whether it is the one with this hash.
   * @throws BitTrickleError (rejects) `DISK_ERROR`
   */
  verify(hash: Buffer): Promise<boolean>
  /**
   * Puts it to its place, where that was not done while it came. It is verified, and nobody else is writing this piece.
   * @throws BitTrickleError (rejects) `DISK_ERROR`
   */
  commit(): Promise<void>
  /** Resolves when nothing of it is being written any more. */
  settled(): Promise<void>
}

interface Asked {
  readonly receiver: PieceReceiver
  readonly writes: PieceWrites
  received: number
}

/** What was asked of one source, and what has come of it. The order is that of the answers. */
export class AskedPieces {
  readonly #layout: ContentLayout
  readonly #options: PieceReceiverOptions
  readonly #asked = new Map<number, Asked>()

  constructor(layout: ContentLayout, options: PieceReceiverOptions) {
    this.#layout = layout
    this.#options = options
  }

  /** How many are still to come. */
  get size(): number {
    return this.#asked.size
  }

  /** How many of them another source was asked for too. */
  get sharedCount(): number {
    let count = 0
    for (const { writes } of this.#asked.values()) if (writes.isHeld) count++
    return count
  }

  pieces(): number[] {
    return [...this.#asked.keys()]
  }

  has(piece: number): boolean {
    return this.#asked.has(piece)
  }

  /** One more was asked for. @param isShared - whether of another source too */
  add(piece: number, isShared: boolean): void {
    const { buffers, write } = this.#options
    const writes = new PieceWrites(write, isShared)
    const receiver = new PieceReceiver(this.#layout, piece, {
      buffers,
      write: (bytes, position) => writes.write(bytes, position),
    })
    this.#asked.set(piece, { receiver, writes, received: 0 })
  }

  /** Where the next bytes of a piece may be put before they are pushed. */
  room(piece: number): Buffer | undefined {
    return this.#asked.get(piece)?.receiver.room()
  }

  /** Takes bytes of a piece that was asked for. @returns the piece, when that were the last */
  push(piece: number, bytes: Buffer): WholePiece | undefined {
    const asked = this.#asked.get(piece)
    if (asked === undefined) return undefined
    const { receiver, writes } = asked
    receiver.push(bytes)
    asked.received += bytes.length
    if (!receiver.isWhole) return undefined
    this.#asked.delete(piece)
    return {
      piece,
      verify: (hash) => receiver.verify(hash),
      commit: () => writes.commit(),
      settled: () => writes.settled(),
    }
  }

  /**
   * Wants a piece no more.
   * @returns how many bytes of it had come, and what resolves when none of them is being written any more
   */
  remove(piece: number): { readonly received: number; readonly settled: Promise<void> } {
    const asked = this.#asked.get(piece)
    this.#asked.delete(piece)
    return { received: asked?.received ?? 0, settled: asked?.writes.settled() ?? Promise.resolve() }
  }

  /** How many bytes are still to come until a piece is there, which may be asked for next. */
  bytesUntil(piece: number): number {
    let bytes = 0
    for (const [each, { received }] of this.#asked) {
      bytes += this.#layout.pieceLength(each) - received
      if (each === piece) return bytes
    }
    return bytes + this.#layout.pieceLength(piece)
  }
}
