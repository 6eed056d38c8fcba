import type { Clock } from '../../clock.js'
import type { Bitfield } from '../../content/bitfield.js'
import type { ContentLayout } from '../../content/content-layout.js'
import { BitTrickleError } from '../../errors.js'
import type { SourceRecord } from '../../wire/records.js'
import { AskedPieces, type WholePiece } from './asked-pieces.js'
import type { Intake } from './intake.js'
import type { JoinBuffers } from './join-buffers.js'
import type { PieceHolder } from './piece-scheduler.js'
import type { SourceListener } from './source-channel.js'
import { SourceLink, type SourceLinkOptions } from './source-link.js'
import type { SourceOwner } from './source-owner.js'
import { SourcePace } from './source-pace.js'

/** What a {@link DownloadSource} needs. */
export interface DownloadSourceOptions {
  readonly record: SourceRecord
  readonly root: string
  readonly layout: ContentLayout
  readonly buffers: JoinBuffers
  readonly clock: Clock
  readonly connect: SourceLinkOptions['connect']
  readonly owner: SourceOwner
}

// One that comes, and one that is asked for by then.
const MIN_AHEAD = 2
// Of those that are held in memory until they are verified.
const MAX_SHARED = 2

/** One source of a download: what is asked of it, and what has come. */
export class DownloadSource implements PieceHolder, SourceListener {
  readonly record: SourceRecord
  /** Tells one peer from another, also after it has moved. */
  readonly key: string
  readonly #layout: ContentLayout
  readonly #owner: SourceOwner
  readonly #link: SourceLink
  readonly #pace: SourcePace
  readonly #asked: AskedPieces
  readonly #checking = new Map<number, WholePiece>()
  // Of pieces that are not wanted any more, something may still be being written.
  readonly #settling = new Map<number, Promise<void>>()
  readonly #refused = new Set<number>()
  #pieces: Bitfield | undefined
  #isReady = false
  #isToFill = false
  #owesLayer = false
  #place = 0
  #hasEnded = false

  constructor({ owner, buffers, clock, ...options }: DownloadSourceOptions) {
    this.#owner = owner
    this.#layout = options.layout
    this.record = options.record
    this.key = options.record.fingerprint ?? ''
    this.#pace = new SourcePace(clock)
    this.#asked = new AskedPieces(options.layout, {
      buffers,
      write: (bytes, position) => owner.write(bytes, position),
    })
    this.#link = new SourceLink({
      ...options,
      ticket: () => owner.ticket(),
      listener: this,
      onChange: () => this.#onLink(),
    })
  }

  /** Whether what comes is taken. */
  get intake(): Intake {
    return this.#link.intake
  }

  /** Connects and opens the content. */
  start(): void {
    this.#link.open()
  }

  #onLink(): void {
    this.#watch()
    if (this.#isReady) this.fill()
  }

  onPieces(pieces: Bitfield): void {
    this.#pieces = pieces
    this.#watch()
    if (this.#isReady) {
      this.#fillSoon()
    } else {
      this.#isReady = true
      this.#owner.onReady(this)
    }
  }

  // Once for all that comes in one turn: a source that gets a content itself may tell of many pieces.
  #fillSoon(): void {
    if (this.#isToFill) return
    this.#isToFill = true
    setImmediate(() => {
      this.#isToFill = false
      this.fill()
    })
  }

  onQueued(place: number): void {
    if (place === this.#place) return
    this.#place = place
    this.#pace.forgive()
    this.#watch()
    this.#owner.onQueued(this, place)
    if (place === 0) this.fill()
  }

  onRefused(piece: number): void {
    this.#refused.add(piece)
    this.#release(piece)
    this.fill()
  }

  /** Asks for the piece layer. */
  async layer(): Promise<Buffer> {
    const { transfer } = this.#link
    if (transfer === undefined) throw lost('it is gone')
    this.#owesLayer = true
    this.#pace.forgive()
    this.#watch()
    try {
      return await transfer.layer()
    } finally {
      this.#owesLayer = false
      this.#watch()
    }
  }

  /** Asks for as many pieces as keep it busy. */
  fill(): void {
    const pieces = this.#pieces
    if (pieces === undefined || this.#hasEnded || this.#owner.isPaused()) return
    const { transfer } = this.#link
    if (transfer === undefined) {
      this.#link.open()
      return
    }
    const has = (piece: number): boolean =>
      pieces.has(piece) && !this.#asked.has(piece) && !this.#refused.has(piece)
    while (this.#asked.size < this.#most) {
      const taken = this.#owner.takePiece(this, has, this.#asked.sharedCount < MAX_SHARED)
      if (taken === undefined) break
      if (this.#asked.size === 0) this.#pace.forgive()
      this.#asked.add(taken.piece, taken.isShared)
      transfer.request(taken.piece)
    }
    this.#watch()
  }

  get #most(): number {
    // The line is stood in for one piece, and one shows whether a source goes on.
    if (this.#place > 0 || this.#pace.isStalled) return 1
    return Math.max(MIN_AHEAD, Math.floor(this.#pace.bytesAhead / this.#layout.pieceSize))
  }

  onData(piece: number, _offset: number, bytes: Buffer): void {
    if (!this.#asked.has(piece)) return
    this.#pace.add(bytes.length)
    const whole = this.#asked.push(piece, bytes)
    this.#owner.onBytes(this, bytes.length)
    if (whole === undefined) return
    this.#checking.set(piece, whole)
    void this.#owner.onPiece(this, whole).finally(() => this.#checking.delete(piece))
    this.fill()
    this.#watch()
  }

  room(piece: number): Buffer | undefined {
    return this.#asked.room(piece)
  }

  eta(piece: number): number {
    if (this.#checking.has(piece)) return 0
    return this.#isServed ? this.#pace.timeFor(this.#asked.bytesUntil(piece)) : Number.POSITIVE_INFINITY
  }

  /** Time has passed: looks whether it still brings what it owes. */
  tick(): void {
    this.#pace.note(this.#link.dataBytes)
    if (this.#pace.isLost) this.end(lost('it was asked, and nothing has come for too long'))
    else if (this.#place > 0 || this.#pace.isStalled) this.#shed()
  }

  // Others may bring all but the first.
  #shed(): void {
    for (const piece of this.#asked.pieces().slice(1)) {
      this.#link.transfer?.cancel(piece)
      this.#release(piece)
    }
  }

  /** Takes a request back. Resolves when nothing of the piece is being written any more. */
  async cancel(piece: number): Promise<void> {
    await this.#checking.get(piece)?.settled()
    if (this.#asked.has(piece)) {
      this.#forget(piece)
      // What is asked instead is asked first: with nothing to ask for it would lose its place in the line.
      this.fill()
      this.#link.transfer?.cancel(piece)
    }
    await this.#settling.get(piece)
  }

  #release(piece: number): void {
    void this.#forget(piece).then(() => this.#owner.onReleased(this, piece))
  }

  #forget(piece: number): Promise<void> {
    const { received, settled } = this.#asked.remove(piece)
    this.#owner.onWasted(received)
    this.#watch()
    const settling = settled.then(() => {
      this.#settling.delete(piece)
    })
    this.#settling.set(piece, settling)
    return settling
  }

  /** Goes on with another ticket. */
  renew(ticket: string): void {
    this.#link.transfer?.renew(ticket)
  }

  get #isServed(): boolean {
    return this.#link.transfer !== undefined && this.#place === 0
  }

  // Its silence counts when it owes something, and we would take it.
  #watch(): void {
    const owes = this.#pieces === undefined || this.#owesLayer || this.#asked.size > 0
    if (this.#isServed && owes && this.intake.isOpen) this.#pace.start()
    else this.#pace.stop()
  }

  onEnd(error: BitTrickleError): void {
    this.#place = 0
    // Who is paused and asks for nothing loses the slot to the next. That is no reason to give a source up.
    const isIdle = this.#owner.isPaused() && this.#isReady && this.#asked.size === 0
    if (isIdle) this.#watch()
    else this.end(error)
  }

  /** Nothing more is to be had of it. */
  end(error: BitTrickleError): void {
    if (this.#hasEnded) return
    this.close(error)
    this.#owner.onEnd(this, error)
    for (const piece of this.#asked.pieces()) this.#release(piece)
  }

  /** Wants no more of it. @param end - that all has come, or why it is ended */
  close(end?: 'done' | BitTrickleError): void {
    this.#hasEnded = true
    this.#link.close(end)
    this.#pace.stop()
  }
}

function lost(why: string): BitTrickleError {
  return new BitTrickleError('SOURCE_LOST', `Lost the source: ${why}.`, { retryable: true })
}
