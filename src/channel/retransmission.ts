import { INITIAL_RTO_MS, MAX_RTO_MS, MIN_RTO_MS } from './limits.js'
import type { RandomSource } from './random.js'

/** The round trip to the other end and the waits that follow from it (RFC 6298). */
export class RetransmissionTimes {
  readonly #random: RandomSource
  #smoothed = 0
  #variation = 0
  #timeout = INITIAL_RTO_MS

  constructor(random: RandomSource) {
    this.#random = random
  }

  /** A round trip that was measured on something sent once only (RFC 6298, section 3: Karn's algorithm). */
  sample(milliseconds: number): void {
    if (this.#smoothed === 0) {
      this.#smoothed = milliseconds
      this.#variation = milliseconds / 2
    } else {
      this.#variation = 0.75 * this.#variation + 0.25 * Math.abs(this.#smoothed - milliseconds)
      this.#smoothed = 0.875 * this.#smoothed + 0.125 * milliseconds
    }
    this.#timeout = Math.min(MAX_RTO_MS, Math.max(MIN_RTO_MS, this.#smoothed + 4 * this.#variation))
  }

  /** How long to wait after the `tries`th sending, in milliseconds. */
  wait(tries: number): number {
    return jitter(Math.min(MAX_RTO_MS, this.#timeout * 2 ** (tries - 1)), this.#random)
  }
}

/** A quarter more or less, so that what was lost together is not sent again together. */
export function jitter(milliseconds: number, random: RandomSource): number {
  return milliseconds * (0.75 + random.fraction() / 2)
}
