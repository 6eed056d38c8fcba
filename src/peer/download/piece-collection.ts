import { pieceHashOf } from '../../content/content.js'
import type { ContentLayout } from '../../content/content-layout.js'
import type { WholePiece } from './asked-pieces.js'
import type { ContentSink } from './content-sink.js'
import { type PieceHolder, PieceScheduler, type TakenPiece } from './piece-scheduler.js'

/** What has become of a piece that a source brought; another one may have been sooner. */
type PieceOutcome = 'right' | 'wrong' | 'late'

/** A source, as far as the collection knows it. */
interface PieceSource extends PieceHolder {
  /** Takes a request back. Resolves when nothing of it is being written any more. */
  cancel(piece: number): Promise<void>
}

/** The pieces of a content on their way into a sink: each is asked for, verified, and counts from then on. */
export class PieceCollection<Source extends PieceSource> {
  readonly #sink: ContentSink
  readonly #layout: ContentLayout
  readonly #scheduler: PieceScheduler<Source>
  readonly #finishing = new Set<number>()
  readonly #receiving = new Set<Promise<unknown>>()
  #layer: Buffer | undefined

  constructor(sink: ContentSink, layout: ContentLayout) {
    this.#sink = sink
    this.#layout = layout
    this.#scheduler = new PieceScheduler(sink.pieces)
  }

  /** Whether pieces can be asked for. */
  get hasBegun(): boolean {
    return this.#layer !== undefined
  }

  /** Bytes of the pieces that are there. */
  get bytes(): number {
    let bytes = 0
    for (let piece = 0; piece < this.#layout.pieceCount; piece++) {
      if (this.#sink.pieces.has(piece)) bytes += this.#layout.pieceLength(piece)
    }
    return bytes
  }

  /**
   * Begins, when what is there was found to be right.
   * @param layer - the piece layer, which is the content's
   */
  async begin(layer: Buffer, signal: AbortSignal): Promise<void> {
    if (!this.#sink.isChecked) await this.#sink.check(layer, signal)
    this.#layer = layer
  }

  /** The piece to ask of a source now; see {@link PieceScheduler.take}. */
  take(source: Source, has: (piece: number) => boolean, mayShare: boolean): TakenPiece | undefined {
    if (this.#layer === undefined) return undefined
    const isWanted = (piece: number): boolean => has(piece) && this.#sink.wants?.(piece) !== false
    return this.#scheduler.take(source, isWanted, mayShare)
  }

  /** A source will not bring this piece. */
  release(piece: number, source: Source): void {
    this.#scheduler.release(piece, source)
  }

  /**
   * Takes a piece that a source has brought.
   * @throws BitTrickleError (rejects) `DISK_ERROR`
   */
  receive(source: Source, whole: WholePiece, signal: AbortSignal): Promise<PieceOutcome> {
    const receiving: Promise<PieceOutcome> = this.#receive(source, whole, signal).finally(() =>
      this.#receiving.delete(receiving),
    )
    this.#receiving.add(receiving)
    return receiving
  }

  async #receive(
    source: Source,
    { piece, verify, commit }: WholePiece,
    signal: AbortSignal,
  ): Promise<PieceOutcome> {
    if (this.#layer === undefined) throw new Error('no piece is asked for before the hashes are there')
    const isRight = await verify(pieceHashOf(this.#layer, piece))
    signal.throwIfAborted()
    if (!isRight) {
      this.release(piece, source)
      return 'wrong'
    }
    if (this.#sink.pieces.has(piece) || this.#finishing.has(piece)) return 'late'
    this.#finishing.add(piece)
    // What they still write must not come behind what is right.
    await Promise.all(this.#scheduler.others(piece, source).map((other) => other.cancel(piece)))
    await commit()
    await this.#sink.add(piece)
    this.#scheduler.complete(piece)
    this.#finishing.delete(piece)
    return 'right'
  }

  /** Resolves when no piece is being taken any more. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#receiving)
  }
}
