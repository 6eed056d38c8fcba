import type { Clock } from '../../clock.js'
import type { ContentLayout } from '../../content/content-layout.js'
import type { WrittenBytes } from '../../content/write-thread.js'
import { BitTrickleError } from '../../errors.js'
import { quote } from '../../wire/names.js'
import type { SourceRecord } from '../../wire/records.js'
import type { RateLimit } from '../rate-limit.js'
import type { WholePiece } from './asked-pieces.js'
import type { ContentSink } from './content-sink.js'
import type { DownloadControl } from './download.js'
import { DownloadSource } from './download-source.js'
import { JoinBuffers } from './join-buffers.js'
import { LayerSearch } from './layer-search.js'
import { PieceCollection } from './piece-collection.js'
import type { TakenPiece } from './piece-scheduler.js'
import type { OpenChannel } from './source-link.js'
import type { SourceOwner } from './source-owner.js'
import { type ContentLocation, SourceRoster } from './source-roster.js'
import { WriteQueue } from './write-queue.js'

/** What {@link downloadContent} needs. */
export interface ContentDownloadOptions {
  readonly name: string
  readonly root: string
  readonly layout: ContentLayout
  readonly sink: ContentSink
  readonly location: ContentLocation
  readonly control: DownloadControl
  readonly rate: RateLimit
  readonly clock: Clock
  readonly random: () => number
  /** Whether a source has been there a moment ago: then it is waited for. */
  readonly hadSource?: boolean
  /** Asks the index again: for another ticket, and for sources that have come meanwhile. */
  readonly locate: (signal: AbortSignal) => Promise<ContentLocation>
  readonly connect: (source: SourceRecord) => Promise<OpenChannel>
  /** A source did what it should not. */
  readonly onWarning: (message: string, cause: unknown) => void
}

/**
 * Fetches what is missing of a content, from all its sources at once. Nothing is being written any more when it has
 * settled.
 *
 * @throws BitTrickleError `SOURCE_LOST` and others (retryable) when no source was there for too long,
 * `CONTENT_MISMATCH` when none told the truth, `DISK_ERROR`, `ABORTED`
 */
export async function downloadContent(options: ContentDownloadOptions): Promise<void> {
  await using download = new ContentDownload(options)
  await download.done
}

class ContentDownload implements SourceOwner, AsyncDisposable {
  readonly done: Promise<void>
  readonly #options: ContentDownloadOptions
  readonly #pieces: PieceCollection<DownloadSource>
  readonly #roster: SourceRoster<DownloadSource>
  readonly #search: LayerSearch<DownloadSource>
  readonly #writes: WriteQueue
  readonly #buffers: JoinBuffers
  readonly #ending = new AbortController()
  #resolve: () => void = () => {}
  #reject: (error: unknown) => void = () => {}
  #transferred = 0
  #hadSource: boolean
  #isWaitingToRun = false

  constructor(options: ContentDownloadOptions) {
    const { sink, control, layout, root, clock } = options
    this.#options = options
    this.#hadSource = options.hadSource ?? false
    this.#buffers = new JoinBuffers(layout)
    this.#pieces = new PieceCollection(sink, layout)
    this.#search = new LayerSearch({
      root,
      layout,
      clock,
      onFound: (layer) => void this.#begin(layer),
      onWrong: (source) => source.end(this.#rebuke(source, 'sent hashes that are not of this content')),
    })
    this.#writes = new WriteQueue({
      write: (bytes, position) => sink.write(bytes, position),
      onFull: () => this.#forEach(({ intake }) => intake.pause()),
      onRoom: () => this.#forEach(({ intake }) => intake.resume()),
      onError: (error) => this.#reject(error),
    })
    this.#roster = new SourceRoster({
      ...options,
      isPaused: () => control.isPaused(),
      start: (record) => this.#start(record),
      onTick: () => this.#onTick(),
      onHopeless: (reason) => this.#reject(reason),
    })
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.done.catch(() => {})
    if (sink.pieces.isComplete && sink.isChecked) {
      this.#resolve()
      return
    }
    control.signal.addEventListener('abort', this.#onAbort)
    sink.listen?.(() => this.#fillAll())
    this.#roster.start()
  }

  readonly #onAbort = (): void => this.#reject(this.#options.control.signal.reason)

  #start(record: SourceRecord): DownloadSource {
    const source = new DownloadSource({ ...this.#options, record, buffers: this.#buffers, owner: this })
    source.start()
    return source
  }

  #forEach(action: (source: DownloadSource) => void): void {
    for (const source of this.#roster) action(source)
  }

  #onTick(): void {
    this.#forEach((source) => source.tick())
    this.#search.tick()
    this.#fillAll()
  }

  async #begin(layer: Buffer): Promise<void> {
    const { sink, control } = this.#options
    this.#hadSource = true
    try {
      await this.#pieces.begin(layer, this.#ending.signal)
    } catch (error) {
      this.#reject(error)
      return
    }
    control.started()
    this.#count(this.#pieces.bytes)
    if (sink.pieces.isComplete) this.#resolve()
    this.#fillAll()
  }

  #fillAll(): void {
    const { control } = this.#options
    if (!this.#pieces.hasBegun || this.#ending.signal.aborted) return
    if (!control.isPaused()) this.#forEach((source) => source.fill())
    else if (!this.#isWaitingToRun) {
      this.#isWaitingToRun = true
      void control.whenRunning().then(() => {
        this.#isWaitingToRun = false
        this.#fillAll()
      })
    }
  }

  #count(bytes: number): void {
    const { control, layout } = this.#options
    this.#transferred += bytes
    control.report({ transferred: Math.min(this.#transferred, layout.size), size: layout.size })
  }

  // Nothing more of this content is taken from there.
  #rebuke(source: DownloadSource, what: string, cause?: BitTrickleError): BitTrickleError {
    const { username, host } = source.record
    const who = username === undefined ? host : quote(username)
    const message = `${who} ${what} (${quote(this.#options.name)}); nothing more of it is taken from there.`
    const error = cause ?? new BitTrickleError('CONTENT_MISMATCH', message)
    // Of pieces that have come together, several may be wrong.
    if (this.#roster.ban(source)) this.#options.onWarning(message, error)
    return error
  }

  isPaused(): boolean {
    return this.#options.control.isPaused()
  }

  ticket(): string {
    return this.#roster.ticket
  }

  takePiece(
    source: DownloadSource,
    has: (piece: number) => boolean,
    mayShare: boolean,
  ): TakenPiece | undefined {
    return this.#pieces.take(source, has, mayShare)
  }

  write(bytes: Buffer, position: number): Promise<WrittenBytes | undefined> {
    return this.#writes.write(bytes, position)
  }

  onReady(source: DownloadSource): void {
    this.#options.control.source(source.record)
    this.#search.offer(source)
    this.#fillAll()
  }

  onQueued({ record }: DownloadSource, place: number): void {
    this.#options.control.queued({ source: record, place })
  }

  onBytes(source: DownloadSource, bytes: number): void {
    this.#roster.hear()
    this.#count(bytes)
    source.intake.throttle(this.#options.rate.take(bytes))
  }

  onWasted(bytes: number): void {
    this.#transferred -= bytes
  }

  async onPiece(source: DownloadSource, whole: WholePiece): Promise<void> {
    const { sink, layout, control } = this.#options
    const { piece } = whole
    const length = layout.pieceLength(piece)
    try {
      const outcome = await this.#pieces.receive(source, whole, this.#ending.signal)
      if (outcome !== 'right') this.onWasted(length)
      if (outcome === 'wrong') source.end(this.#rebuke(source, `sent a wrong piece ${piece}`))
      else this.#roster.praise(source)
      if (outcome === 'right') control.verified({ piece, offset: layout.pieceStart(piece), length })
      if (sink.pieces.isComplete) this.#resolve()
    } catch (error) {
      this.#reject(error)
    }
  }

  onReleased(source: DownloadSource, piece: number): void {
    this.#pieces.release(piece, source)
    this.#fillAll()
  }

  onEnd(source: DownloadSource, reason: BitTrickleError): void {
    this.#search.withdraw(source)
    if (reason.code === 'PROTOCOL_ERROR') this.#rebuke(source, 'broke the rules of the data channel', reason)
    // There is no such content any more, and the name may stand for another one by now.
    if (reason.code === 'FILE_CHANGED') this.#roster.ban(source)
    this.#roster.lose(source, reason)
    this.#options.control.sourceLost({ source: source.record, reason })
    // There never was a source that could be reached. Of what has begun, one may come back.
    const isVain = !this.#hadSource && this.#roster.size === 0 && !this.#roster.isAwaited
    if (isVain) this.#reject(reason)
    this.#fillAll()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#options.control.signal.removeEventListener('abort', this.#onAbort)
    const ended = new BitTrickleError('ABORTED', 'The download has ended.')
    this.#ending.abort(ended)
    const end = this.#options.sink.pieces.isComplete ? 'done' : ended
    this.#forEach((source) => source.close(end))
    this.#roster.close()
    await this.#pieces.idle()
    await this.#writes.idle()
  }
}
