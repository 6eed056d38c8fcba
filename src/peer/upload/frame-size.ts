import { MAX_DATA_BYTES } from '../../transfer/protocol.js'

const SMALLEST = 16_384
const FIRST = 65_536
// What the system may take at once without any of it having arrived: so long, the time says nothing.
const UNTRUE_BYTES = 4_194_304
const SLOW_MS = 1_000
const FAST_MS = 250

/**
 * How many bytes to put into one data frame. Large ones cost least; but a slow receiver is seen to take something
 * only when it has taken a whole one, and would pass for one that takes nothing.
 */
export class FrameSize {
  #bytes = FIRST
  #sent = 0

  get bytes(): number {
    return this.#bytes
  }

  /** Learns from a frame of so many bytes that took so long. */
  learn(bytes: number, milliseconds: number): void {
    this.#sent += bytes
    if (milliseconds > SLOW_MS) this.#bytes = Math.max(SMALLEST, this.#bytes / 2)
    else if (milliseconds < FAST_MS && this.#sent >= UNTRUE_BYTES && bytes === this.#bytes) {
      this.#bytes = Math.min(MAX_DATA_BYTES, this.#bytes * 2)
    }
  }
}
