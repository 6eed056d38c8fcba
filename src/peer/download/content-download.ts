import type { Clock } from '../../clock.js'
import { arePiecesOf, pieceHashOf } from '../../content/content.js'
import type { ContentLayout } from '../../content/content-layout.js'
import { BitTrickleError } from '../../errors.js'
import type { SourceRecord } from '../../wire/records.js'
import type { RateLimit } from '../rate-limit.js'
import { wait } from '../wait.js'
import type { ContentPart } from './content-part.js'
import type { DownloadControl } from './download.js'
import { DownloadSource } from './download-source.js'
import { JoinBuffers } from './join-buffers.js'
import { PieceScheduler } from './piece-scheduler.js'
import type { SourceChannel } from './source-channel.js'

/** Where a content can be fetched at the moment, and the permission to. */
export interface ContentLocation {
  readonly sources: readonly SourceRecord[]
  readonly ticket: string
}

/** What {@link downloadContent} needs. */
export interface ContentDownloadOptions {
  readonly name: string
  readonly root: string
  readonly layout: ContentLayout
  readonly part: ContentPart
  readonly location: ContentLocation
  readonly control: DownloadControl
  readonly rate: RateLimit
  readonly clock: Clock
  /** Asks the index again: for another ticket, and for sources that have come meanwhile. */
  readonly locate: (signal: AbortSignal) => Promise<ContentLocation>
  readonly connect: (source: SourceRecord) => Promise<SourceChannel>
}

// A ticket is good for a minute: it is renewed in good time, and new sources are found by the way.
const RENEW_MS = 25_000
// With no source left, the index is asked this often, and for so long after the last byte.
const LOOK_MS = 2_000
const PATIENCE_MS = 120_000
// Bytes that wait for the disk: more, and the sources have to wait.
const MAX_UNWRITTEN = 4_194_304

/**
 * Fetches what is missing of a content, from all its sources at once. The part file is neither finished nor given up
 * here.
 *
 * @throws BitTrickleError `SOURCE_LOST` (retryable) when no source was there for too long, `DISK_ERROR`, `ABORTED`
 */
export async function downloadContent(options: ContentDownloadOptions): Promise<void> {
  await using download = new ContentDownload(options)
  await download.done
}

class ContentDownload implements AsyncDisposable {
  readonly done: Promise<void>
  readonly #options: ContentDownloadOptions
  readonly #scheduler: PieceScheduler<DownloadSource>
  readonly #sources = new Map<string, DownloadSource>()
  /** Sources that sent a wrong piece, or refused: not asked again. */
  readonly #banned = new Set<string>()
  readonly #ending = new AbortController()
  readonly #buffers = new JoinBuffers()
  #resolve: () => void = () => {}
  #reject: (error: unknown) => void = () => {}
  #layer: Buffer | undefined
  #ticket: string
  #transferred: number
  #unwritten = 0
  #heardAt: number

  constructor(options: ContentDownloadOptions) {
    const { part, location, clock, control } = options
    this.#options = options
    this.#scheduler = new PieceScheduler(part.pieces)
    this.#ticket = location.ticket
    this.#transferred = part.verifiedBytes
    this.#heardAt = clock.monotonic()
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.done.catch(() => {})
    if (part.pieces.isComplete && part.isChecked) {
      this.#resolve()
      return
    }
    control.signal.addEventListener('abort', this.#onAbort)
    for (const source of location.sources) this.#add(source)
    void this.#keepLooking()
  }

  readonly #onAbort = (): void => this.#reject(this.#options.control.signal.reason)

  // For as long as it runs: new tickets, and sources in place of those that were lost.
  async #keepLooking(): Promise<void> {
    const { clock, locate } = this.#options
    const { signal } = this.#ending
    for (let lookedAt = clock.monotonic(); ; ) {
      try {
        await wait(clock, LOOK_MS, signal)
      } catch {
        return
      }
      const now = clock.monotonic()
      if (this.#sources.size === 0 && now - this.#heardAt > PATIENCE_MS) {
        this.#reject(noSources(this.#options.name))
        return
      }
      if (this.#sources.size > 0 && now - lookedAt < RENEW_MS) continue
      lookedAt = now
      try {
        const { sources, ticket } = await locate(signal)
        if (signal.aborted) return
        this.#ticket = ticket
        for (const source of this.#sources.values()) source.renew(ticket)
        for (const source of sources) this.#add(source)
      } catch {
        // The index may be away for a while: what runs, runs on.
      }
    }
  }

  #add(record: SourceRecord): void {
    const key = record.fingerprint
    if (key === undefined || this.#sources.has(key) || this.#banned.has(key)) return
    const { root, layout, connect, control } = this.#options
    const source: DownloadSource = new DownloadSource({
      record,
      root,
      layout,
      connect,
      ticket: () => this.#ticket,
      onReady: () => {
        control.source(record)
        void this.#fetchLayer(source).then(() => this.#fill(source))
      },
      takePiece: (has) => (this.#layer === undefined ? undefined : this.#scheduler.take(source, has)),
      write: (bytes, position) => this.#write(bytes, position),
      buffers: this.#buffers,
      onBytes: (bytes) => this.#onBytes(source, bytes),
      onPiece: (piece, verify) => this.#onPiece(source, piece, verify),
      onReleased: (piece) => {
        this.#scheduler.release(piece, source)
        this.#fillAll()
      },
      onEnd: (error) => this.#drop(source, error),
    })
    this.#sources.set(key, source)
    source.start()
  }

  // From the first source that has it. A layer that is not the root's is that source's fault.
  async #fetchLayer(source: DownloadSource): Promise<void> {
    const { layout, root, part } = this.#options
    if (this.#layer !== undefined) return
    const rootBytes = Buffer.from(root, 'base64url')
    try {
      const layer = layout.pieceCount === 1 ? rootBytes : await source.layer()
      if (this.#layer !== undefined) return
      if (!arePiecesOf(layout.size, rootBytes, layer)) {
        this.#ban(source, 'sent a piece layer that is not of this content')
        return
      }
      await part.check(layer, this.#ending.signal)
      this.#transferred = part.verifiedBytes
      this.#layer = Buffer.from(layer)
      this.#options.control.started()
      if (part.pieces.isComplete) this.#resolve()
      this.#fillAll()
    } catch (error) {
      if (error instanceof BitTrickleError && error.code === 'DISK_ERROR') this.#reject(error)
    }
  }

  #fill(source: DownloadSource): void {
    if (this.#ending.signal.aborted || this.#unwritten > MAX_UNWRITTEN) return
    const { control } = this.#options
    if (control.isPaused()) {
      void control.whenRunning().then(() => this.#fillAll())
      return
    }
    source.fill()
  }

  #fillAll(): void {
    for (const source of this.#sources.values()) this.#fill(source)
  }

  async #write(bytes: Buffer, position: number): Promise<void> {
    this.#unwritten += bytes.length
    if (this.#unwritten > MAX_UNWRITTEN) for (const source of this.#sources.values()) source.pause()
    try {
      await this.#options.part.write(bytes, position)
    } catch (error) {
      this.#reject(error)
      throw error
    } finally {
      this.#unwritten -= bytes.length
      if (this.#unwritten <= MAX_UNWRITTEN / 2) for (const source of this.#sources.values()) source.resume()
    }
  }

  #onBytes(source: DownloadSource, bytes: number): void {
    const { rate, control, layout } = this.#options
    this.#heardAt = this.#options.clock.monotonic()
    this.#transferred += bytes
    control.report({ transferred: Math.min(this.#transferred, layout.size), size: layout.size })
    source.throttle(rate.take(bytes))
  }

  async #onPiece(
    source: DownloadSource,
    piece: number,
    verify: (hash: Buffer) => Promise<boolean>,
  ): Promise<void> {
    const { part, layout } = this.#options
    if (this.#layer === undefined) return
    try {
      const isRight = await verify(pieceHashOf(this.#layer, piece))
      if (this.#ending.signal.aborted) return
      if (!isRight) {
        this.#transferred -= layout.pieceLength(piece)
        this.#scheduler.release(piece, source)
        this.#ban(source, `sent a wrong piece ${piece}`)
        return
      }
      // The second of two sources that were asked for it has lost the race.
      if (part.pieces.has(piece)) this.#transferred -= layout.pieceLength(piece)
      else await part.add(piece)
      for (const other of this.#scheduler.complete(piece, source)) {
        this.#transferred -= other.cancel(piece)
      }
      if (part.pieces.isComplete) this.#resolve()
      else this.#fill(source)
    } catch (error) {
      this.#reject(error)
    }
  }

  #ban(source: DownloadSource, what: string): void {
    this.#banned.add(source.key)
    const who = source.record.username ?? source.record.host
    const message = `${who} ${what}; nothing more is taken from there.`
    source.end(new BitTrickleError('CONTENT_MISMATCH', message))
  }

  #drop(source: DownloadSource, reason: BitTrickleError): void {
    if (!this.#sources.delete(source.key)) return
    if (reason.code === 'FORBIDDEN' || reason.code === 'FILE_CHANGED') this.#banned.add(source.key)
    this.#options.control.sourceLost({ source: source.record, reason })
    // There is no such content any more, and the name may stand for another one by now; or there never was a source
    // that could be reached. Of what has begun, one may come back.
    const isGone = reason.code === 'FILE_CHANGED' || this.#layer === undefined
    if (isGone && this.#sources.size === 0) this.#reject(reason)
    this.#fillAll()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#options.control.signal.removeEventListener('abort', this.#onAbort)
    this.#ending.abort(new BitTrickleError('ABORTED', 'The download has ended.'))
    for (const source of this.#sources.values()) source.close()
    this.#sources.clear()
  }
}

function noSources(name: string): BitTrickleError {
  return new BitTrickleError(
    'SOURCE_LOST',
    `No source of "${name}" could be reached for ${PATIENCE_MS / 1000} s. What has arrived is kept: get it again to go on.`,
    { retryable: true },
  )
}
