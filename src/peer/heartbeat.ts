import type { Clock, Timer } from '../clock.js'

/** Calls `beat` at every interval, from one interval after the start on, until it is stopped. */
export class Heartbeat {
  readonly #clock: Clock
  readonly #beat: () => void
  #timer: Timer | undefined

  constructor(clock: Clock, beat: () => void) {
    this.#clock = clock
    this.#beat = beat
  }

  /** Begins, with another interval when it beats already. */
  start(interval: number): void {
    this.stop()
    const next = (): void => {
      this.#timer = this.#clock.setTimeout(() => {
        next()
        this.#beat()
      }, interval)
    }
    next()
  }

  /** Ends; it can be started again. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
