import { type Clock, systemClock, type Timer } from '../../src/clock.js'

/** The real time, but faster, so that what takes long comes soon; it counts the timers that run. */
export class HurriedClock implements Clock {
  timers = 0
  readonly #factor: number

  /** @param factor - how many times as fast */
  constructor(factor = 10) {
    this.#factor = factor
  }

  now = () => systemClock.now()
  monotonic = () => systemClock.monotonic() * this.#factor

  setTimeout(callback: () => void, delay: number): Timer {
    let isRunning = true
    this.timers += 1
    const end = (): void => {
      if (isRunning) this.timers -= 1
      isRunning = false
    }
    const timer = systemClock.setTimeout(() => {
      end()
      callback()
    }, delay / this.#factor)
    return {
      cancel: () => {
        end()
        timer.cancel()
      },
    }
  }
}
