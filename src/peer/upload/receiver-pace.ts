import { SLOW_BYTES_PER_SECOND, STALL_MS } from '../../transfer/limits.js'

/**
 * How fast a receiver takes what is sent to it. What counts is the time in which bytes wait for the receiver, not that in
 * which our own rate limit or disk makes it wait.
 */
export class ReceiverPace {
  #bytes = 0
  #waited = 0
  #isSlow = false

  /** So many bytes were taken, after so many milliseconds in which something was there to take. */
  learn(bytes: number, milliseconds: number): void {
    this.#bytes += bytes
    this.#waited += milliseconds
    if (this.#waited < STALL_MS) return
    this.#isSlow = this.#bytes < (SLOW_BYTES_PER_SECOND * this.#waited) / 1_000
    this.#bytes = 0
    this.#waited = 0
  }

  /** Whether it took too little of what it was offered last. */
  get isSlow(): boolean {
    return this.#isSlow
  }
}
