/** A timer that a {@link Clock} started. */
export interface Timer {
  /** Stops the timer; does nothing when it has fired or was cancelled. */
  cancel(): void
}

/**
 * Where the SDK takes time from. Replace it in tests, so that nothing has to wait.
 * All values are milliseconds.
 */
export interface Clock {
  /** Wall-clock time since the Unix epoch: for instants that people see. It may jump. */
  now(): number
  /** Time since an arbitrary start: for durations. It never goes back. */
  monotonic(): number
  /** Calls `callback` once, after `delay` milliseconds. */
  setTimeout(callback: () => void, delay: number): Timer
}

/** The real clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(callback, delay) {
    const handle = setTimeout(callback, delay)
    return { cancel: () => clearTimeout(handle) }
  },
}
