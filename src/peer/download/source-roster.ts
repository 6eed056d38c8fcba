import type { Clock } from '../../clock.js'
import { BitTrickleError } from '../../errors.js'
import type { SourceRecord } from '../../wire/records.js'
import { reconnectDelay } from '../backoff.js'
import { wait } from '../wait.js'

/** Where a content can be fetched at the moment, and the permission to. */
export interface ContentLocation {
  readonly sources: readonly SourceRecord[]
  readonly ticket: string
}

/** A source, as far as the roster knows it. */
interface RosterSource {
  readonly key: string
  renew(ticket: string): void
}

/** What {@link SourceRoster} needs. */
export interface SourceRosterOptions<Source extends RosterSource> {
  readonly location: ContentLocation
  /** Asks the index again. */
  readonly locate: (signal: AbortSignal) => Promise<ContentLocation>
  readonly clock: Clock
  /** A number from 0 up to but not 1. */
  readonly random: () => number
  readonly isPaused: () => boolean
  /** Begins to fetch from a source. */
  readonly start: (record: SourceRecord) => Source
  /** A second or so has passed. */
  readonly onTick: () => void
  /** There is no use in waiting any longer. */
  readonly onHopeless: (reason: BitTrickleError) => void
}

interface KnownSource {
  record: SourceRecord
  /** Whether the newest answer of the index names it. */
  isNamed: boolean
  /** In a row: how often it was lost without having brought anything. */
  losses: number
  retryAt: number
  /** It is there, and has said when to come back. */
  isBusy: boolean
}

const TICK_MS = 1_000
// A ticket is good for a minute: it is renewed in good time, and new sources are found by the way.
const RENEW_MS = 25_000
// The index is asked sooner where sources are missing, or where it did not answer: twice as late each time.
const LOOK_MS = 1_000
const LONGEST_LOOK_MS = 8_000
// With no source left, so long after the last byte, or after the first loss, the download is given up.
const PATIENCE_MS = 120_000
// Fetched from at a time: more are no faster.
const MAX_SOURCES = 16
// That are known: more than an index can name in its answers to a long download are not remembered.
const MAX_KNOWN = 1_024

/** The sources of a download: who is tried and when, who is not tried again, and the ticket that they want to see. */
export class SourceRoster<Source extends RosterSource> {
  readonly #options: SourceRosterOptions<Source>
  readonly #known = new Map<string, KnownSource>()
  readonly #active = new Map<string, Source>()
  readonly #banned = new Set<string>()
  readonly #ending = new AbortController()
  #ticket: string
  #lookAt: number
  #looks = 0
  #isLooking = false
  #heardAt: number
  #reason: BitTrickleError | undefined

  constructor(options: SourceRosterOptions<Source>) {
    this.#options = options
    const now = options.clock.monotonic()
    this.#ticket = options.location.ticket
    this.#lookAt = now + RENEW_MS
    this.#heardAt = now
  }

  /** Begins. */
  start(): void {
    this.#learn(this.#options.location)
    void this.#run()
  }

  /** The newest one. */
  get ticket(): string {
    return this.#ticket
  }

  /** Those that are fetched from, or being connected to. */
  [Symbol.iterator](): IterableIterator<Source> {
    return this.#active.values()
  }

  /** Whether one that was lost has only said when to come back. */
  get isAwaited(): boolean {
    return [...this.#known.values()].some(({ isBusy, isNamed }) => isBusy && isNamed)
  }

  /** How many there are. */
  get size(): number {
    return this.#active.size
  }

  /** Bytes came. */
  hear(): void {
    this.#heardAt = this.#options.clock.monotonic()
  }

  /** A source has brought what was asked of it: if it is lost, it is tried again soon. */
  praise({ key }: Source): void {
    const known = this.#known.get(key)
    if (known !== undefined) known.losses = 0
  }

  /** Never again. @returns whether that is news */
  ban({ key }: Source): boolean {
    const isNews = !this.#banned.has(key)
    this.#banned.add(key)
    this.#known.delete(key)
    if (this.#banned.size > MAX_KNOWN) this.#banned.delete([...this.#banned][0] ?? '')
    return isNews
  }

  /** A source was lost. It is tried again, each time later, while the index names it. */
  lose(source: Source, reason: BitTrickleError): void {
    if (this.#active.get(source.key) !== source) return
    this.#active.delete(source.key)
    this.#reason = reason
    const { clock, random } = this.#options
    const now = clock.monotonic()
    const known = this.#known.get(source.key)
    if (known !== undefined) {
      known.losses++
      // It may have made us wait for a slot until now.
      if (known.losses === 1) this.#heardAt = now
      known.isBusy = reason.code === 'UPLOADS_FULL'
      known.retryAt = now + (reason.retryAfter ?? reconnectDelay(known.losses, random))
    }
    this.#lookAt = Math.min(this.#lookAt, now + LOOK_MS)
    // Whether there is anybody else, is worth an answer at once.
    if (this.#known.size === 0 && this.#active.size === 0) void this.#look()
  }

  async #run(): Promise<void> {
    const { clock, isPaused, onTick, onHopeless } = this.#options
    const { signal } = this.#ending
    for (;;) {
      try {
        await wait(clock, TICK_MS, signal)
      } catch {
        return
      }
      const now = clock.monotonic()
      if (isPaused() || this.isAwaited) this.#heardAt = now
      this.#tryKnown()
      onTick()
      if (now >= this.#lookAt) void this.#look()
      if (this.#active.size === 0 && now - this.#heardAt > PATIENCE_MS) onHopeless(noSources(this.#reason))
    }
  }

  // For as long as it runs: new tickets, and sources in place of those that were lost.
  async #look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    const { signal } = this.#ending
    let isAnswered = true
    try {
      const location = await this.#options.locate(signal)
      if (signal.aborted) return
      this.#ticket = location.ticket
      for (const source of this.#active.values()) source.renew(location.ticket)
      this.#learn(location)
    } catch (error) {
      if (signal.aborted) return
      // The index may be away for a while: what runs, runs on.
      isAnswered = error instanceof BitTrickleError && error.code === 'NOT_FOUND'
      if (isAnswered) for (const known of this.#known.values()) known.isNamed = false
    } finally {
      this.#isLooking = false
    }
    this.#planLook(isAnswered)
    const isOver = isAnswered && this.#known.size === 0 && this.#active.size === 0
    if (isOver && this.#reason !== undefined) this.#options.onHopeless(this.#reason)
  }

  #planLook(isAnswered: boolean): void {
    const isWell = isAnswered && this.#active.size > 0
    this.#looks = isWell ? 0 : this.#looks + 1
    const delay = isWell ? RENEW_MS : Math.min(LONGEST_LOOK_MS, LOOK_MS * 2 ** this.#looks)
    this.#lookAt = this.#options.clock.monotonic() + delay
  }

  #learn({ sources }: ContentLocation): void {
    for (const [key, known] of this.#known) {
      known.isNamed = false
      if (!this.#active.has(key) && this.#known.size > MAX_KNOWN) this.#known.delete(key)
    }
    for (const record of sources) {
      const key = record.fingerprint
      if (key === undefined || this.#banned.has(key)) continue
      const known = this.#known.get(key) ?? { losses: 0, retryAt: 0, isBusy: false, record, isNamed: true }
      known.record = record
      known.isNamed = true
      this.#known.set(key, known)
    }
    this.#tryKnown()
  }

  // Those first that were lost least often.
  #tryKnown(): void {
    const room = MAX_SOURCES - this.#active.size
    if (room <= 0) return
    const now = this.#options.clock.monotonic()
    const ready = [...this.#known].filter(
      ([key, { isNamed, retryAt }]) => isNamed && now >= retryAt && !this.#active.has(key),
    )
    ready.sort(([, one], [, other]) => one.losses - other.losses)
    for (const [key, known] of ready.slice(0, room)) {
      known.isBusy = false
      this.#active.set(key, this.#options.start(known.record))
    }
  }

  /** Tries nobody any more. */
  close(): void {
    this.#ending.abort(new BitTrickleError('ABORTED', 'The download has ended.'))
    this.#active.clear()
  }
}

function noSources(cause: BitTrickleError | undefined): BitTrickleError {
  const why = cause === undefined ? '' : ` The last was lost because: ${cause.message}`
  return new BitTrickleError(
    'SOURCE_LOST',
    `No source could be reached for ${PATIENCE_MS / 1000} s. What has arrived is kept: get it again to go on.${why}`,
    { retryable: true, cause },
  )
}
