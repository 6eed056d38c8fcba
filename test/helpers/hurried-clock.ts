import { type Clock, systemClock, type Timer } from '../../src/clock.js'

/** The real time, ten times as fast, so that an index can be given up on soon; it counts the timers that run. */
export class HurriedClock implements Clock {
  timers = 0
  now = () => systemClock.now()
  monotonic = () => systemClock.monotonic() * 10

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
    }, delay / 10)
    return {
      cancel: () => {
        end()
        timer.cancel()
      },
    }
  }
}
