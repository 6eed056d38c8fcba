import type { Clock } from '../../clock.js'

// Shorter stretches tell how bytes are bundled, not how fast they come.
const STRETCH_MS = 100
// What was measured longer ago counts ever less.
const MEMORY_MS = 1_000
// What a source brings in this time is asked of it ahead: hardly a request takes longer to get there, and little has to
// be asked of others when it stops.
const AHEAD_MS = 1_000
// Until something is measured: enough for the first stretch on a fast network, little to wait for on a slow one.
const FIRST_BYTES = 1_048_576
// In the smallest pieces half as many requests as a source answers at a time.
const MAX_BYTES = 16_777_216

// How long nothing may come of what is owed, until nothing is expected of a source that has not brought anything yet,
const UNPROVEN_MS = 1_000
// of any source,
const STALLED_MS = 5_000
// and until it is given up;
const LOST_MS = 30_000
// also when it busies itself with what else was asked of it.
const STARVED_MS = 300_000

/**
 * How fast a source brings what it owes, and whether it does. The time that is measured is that in which it owes
 * something and we would take it.
 */
export class SourcePace {
  readonly #clock: Clock
  #rate: number | undefined
  #bytes = 0
  #elapsed = 0
  #silence = 0
  // The silence for which it has an excuse: what else had come on its channel by then.
  #excused = 0
  #ownBytes = 0
  #otherBytes = 0
  #startedAt: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** It owes something from now on, and we take it. */
  start(): void {
    this.#startedAt ??= this.#clock.monotonic()
  }

  /** It owes nothing any more, or we take nothing. */
  stop(): void {
    this.#pass()
    this.#startedAt = undefined
  }

  /** Bytes came. */
  add(bytes: number): void {
    this.forgive()
    this.#bytes += bytes
    this.#ownBytes += bytes
    if (this.#elapsed < STRETCH_MS) return
    this.#rate = this.#blend()
    this.#bytes = 0
    this.#elapsed = 0
  }

  /** It is not to blame for the silence so far. */
  forgive(): void {
    this.#pass()
    this.#silence = 0
    this.#excused = 0
  }

  /** Hears how many bytes have come on its channel: it may have been busy with what else was asked of it. */
  note(channelBytes: number): void {
    const others = channelBytes - this.#ownBytes
    if (others !== this.#otherBytes) this.#excused = this.#passed()
    this.#otherBytes = others
  }

  /** Whether others should bring what it owes. */
  get isStalled(): boolean {
    return this.#passed() - this.#excused >= STALLED_MS
  }

  /** Whether it should be given up. */
  get isLost(): boolean {
    return this.#passed() >= STARVED_MS || this.#silence - this.#excused >= LOST_MS
  }

  /** Milliseconds in which it is expected to bring so many bytes; infinite when it does not seem to bring any. */
  timeFor(bytes: number): number {
    if (this.isStalled) return Number.POSITIVE_INFINITY
    // Silence makes it slower, though no byte has come that tells so.
    const rate = this.#elapsed < STRETCH_MS || this.#rate === undefined ? this.#rate : this.#blend()
    if (rate !== undefined) return bytes / rate
    return this.#silence < UNPROVEN_MS ? 0 : Number.POSITIVE_INFINITY
  }

  /** How many bytes to have asked of it. */
  get bytesAhead(): number {
    return this.#rate === undefined ? FIRST_BYTES : Math.min(MAX_BYTES, this.#rate * AHEAD_MS)
  }

  #passed(): number {
    this.#pass()
    return this.#silence
  }

  #pass(): void {
    if (this.#startedAt === undefined) return
    const now = this.#clock.monotonic()
    this.#elapsed += now - this.#startedAt
    this.#silence += now - this.#startedAt
    this.#startedAt = now
  }

  #blend(): number {
    const measured = this.#bytes / this.#elapsed
    if (this.#rate === undefined) return measured
    const weight = Math.exp(-this.#elapsed / MEMORY_MS)
    return this.#rate * weight + measured * (1 - weight)
  }
}
