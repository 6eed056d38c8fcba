import { setMaxListeners } from 'node:events'
import type { Clock } from '../clock.js'
import { BitTrickleError } from '../errors.js'
import { wait } from './wait.js'

// An answer of "too many" that does not say for how long.
const DEFAULT_GAP_MS = 100
// Whether a longer wait is worth it is for the app to say.
const MAX_RETRY_AFTER_MS = 30_000
// A request that waits for its turn each time is seldom refused twice.
const MAX_REFUSALS = 10
// When nobody has had to wait for so long, the index has requests to spare again.
const REST_MS = 1_000

/**
 * Asks the index no faster than it allows. What it refuses for being too many is asked again, and from then on all
 * requests go one at a time, as far apart as the index says that it grants them.
 */
export class RequestPace {
  readonly #clock: Clock
  /** Milliseconds between two requests; 0 while they are not held back. */
  #gap = 0
  #nextAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Asks, and asks again after `RATE_LIMITED`.
   *
   * @param signal - gives it up while it waits
   * @throws as `request`, also when it was refused too often; BitTrickleError `ABORTED`
   */
  async ask<T>(request: () => Promise<T>, signal: AbortSignal = never): Promise<T> {
    for (let refusals = 0; ; refusals++) {
      await this.#turn(signal)
      try {
        return await request()
      } catch (error) {
        if (!isTooMany(error) || refusals === MAX_REFUSALS) throw error
        this.#slowDown(error.retryAfter ?? DEFAULT_GAP_MS)
      }
    }
  }

  #slowDown(retryAfter: number): void {
    this.#gap = Math.max(this.#gap, retryAfter)
    this.#nextAt = Math.max(this.#nextAt, this.#clock.monotonic() + this.#gap)
  }

  async #turn(signal: AbortSignal): Promise<void> {
    try {
      signal.throwIfAborted()
      const now = this.#clock.monotonic()
      if (now > this.#nextAt + REST_MS) this.#gap = 0
      if (this.#gap === 0) return
      const at = Math.max(now, this.#nextAt)
      this.#nextAt = at + this.#gap
      if (at > now) await wait(this.#clock, at - now, signal)
    } catch (cause) {
      if (cause instanceof BitTrickleError) throw cause
      throw new BitTrickleError('ABORTED', 'The request was given up by its caller.', { cause })
    }
  }
}

// Node.js takes more than ten listeners for a leak.
const never = new AbortController().signal
setMaxListeners(0, never)

const isTooMany = (error: unknown): error is BitTrickleError =>
  error instanceof BitTrickleError &&
  error.code === 'RATE_LIMITED' &&
  (error.retryAfter ?? 0) <= MAX_RETRY_AFTER_MS
