import { Bitfield } from '../../content/bitfield.js'
import type { ContentLayout } from '../../content/content-layout.js'
import type { ContentSink } from './content-sink.js'

/** Which bytes of a content are read: from `start` on, up to but not with `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

// What is fetched ahead of the reader: enough to keep several sources busy; and of large pieces two, since the second
// must be on its way while the first is read. So a stream holds 8 MiB, or two pieces of up to 16 MiB.
const BYTES_AHEAD = 8_388_608
const MIN_PIECES_AHEAD = 2

/** Pieces on their way to a reader that takes them in order: those of a window that moves on as they are read. */
export class StreamSink implements ContentSink {
  readonly pieces: Bitfield
  readonly isChecked = true
  readonly #layout: ContentLayout
  readonly #end: number
  readonly #ahead: number
  readonly #onPiece: () => void
  // What has come of the pieces of the window, right or not.
  readonly #held = new Map<number, Buffer>()
  #position: number
  #onRoom: () => void = () => {}

  /** @param onPiece - told when a piece was added */
  constructor(layout: ContentLayout, { start, end }: ByteRange, onPiece: () => void) {
    this.#layout = layout
    this.#position = start
    this.#end = end
    this.#onPiece = onPiece
    this.#ahead = Math.max(MIN_PIECES_AHEAD, Math.floor(BYTES_AHEAD / layout.pieceSize))
    // Those that nobody reads count as there: they are not fetched.
    this.pieces = Bitfield.full(layout.pieceCount)
    if (start >= end) return
    for (let piece = layout.pieceAt(start); piece <= layout.pieceAt(end - 1); piece++)
      this.pieces.delete(piece)
  }

  /** Whether every byte was read. */
  get isRead(): boolean {
    return this.#position >= this.#end
  }

  /** Whether nothing more can be asked for before something is read. */
  get isFull(): boolean {
    if (this.isRead) return true
    const next = this.pieces.nextMissing(this.#piece)
    return next === undefined || !this.wants(next)
  }

  wants(piece: number): boolean {
    return !this.isRead && piece < this.#piece + this.#ahead
  }

  listen(onRoom: () => void): void {
    this.#onRoom = onRoom
  }

  async check(): Promise<void> {}

  async write(bytes: Buffer, position: number): Promise<undefined> {
    const piece = this.#layout.pieceAt(position)
    let held = this.#held.get(piece)
    if (held === undefined) {
      held = Buffer.allocUnsafe(this.#layout.pieceLength(piece))
      this.#held.set(piece, held)
    }
    bytes.copy(held, position - this.#layout.pieceStart(piece))
  }

  async add(piece: number): Promise<void> {
    this.pieces.add(piece)
    this.#onPiece()
  }

  /** The next bytes, at most so many; undefined while they have not come. A view that is the reader's from now on. */
  read(most: number): Buffer | undefined {
    if (this.isRead) return undefined
    const piece = this.#piece
    const held = this.pieces.has(piece) ? this.#held.get(piece) : undefined
    if (held === undefined) return undefined
    const from = this.#position - this.#layout.pieceStart(piece)
    const bytes = held.subarray(from, Math.min(held.length, from + most, from + this.#end - this.#position))
    this.#position += bytes.length
    if (this.isRead || this.#piece !== piece) {
      this.#held.delete(piece)
      this.#onRoom()
    }
    return bytes
  }

  get #piece(): number {
    return this.#layout.pieceAt(this.#position)
  }
}
