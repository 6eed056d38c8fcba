import type { Clock, Timer } from '../clock.js'

/** One timer for everything that waits: it runs only while `tick` says that something does. */
export class Ticker {
  readonly #clock: Clock
  readonly #interval: number
  readonly #tick: (now: number) => boolean
  #timer: Timer | undefined

  constructor(clock: Clock, interval: number, tick: (now: number) => boolean) {
    this.#clock = clock
    this.#interval = interval
    this.#tick = tick
  }

  /** Makes sure that it runs. */
  start(): void {
    this.#timer ??= this.#clock.setTimeout(this.#fire, this.#interval)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  readonly #fire = (): void => {
    this.#timer = undefined
    if (this.#tick(this.#clock.monotonic())) this.start()
  }
}
