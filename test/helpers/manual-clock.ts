import type { Clock, Timer } from '../../src/clock.js'

interface Pending {
  readonly at: number
  readonly callback: () => void
}

/** A clock that goes only when a test says so. */
export class ManualClock implements Clock {
  #time = 0
  readonly #epoch: number
  readonly #pending = new Set<Pending>()

  constructor(epoch: number = Date.UTC(2030, 0, 1)) {
    this.#epoch = epoch
  }

  now(): number {
    return this.#epoch + this.#time
  }

  monotonic(): number {
    return this.#time
  }

  setTimeout(callback: () => void, delay: number): Timer {
    const pending = { at: this.#time + Math.max(0, delay), callback }
    this.#pending.add(pending)
    return { cancel: () => this.#pending.delete(pending) }
  }

  /** How many timers are running: none must be left behind by what has closed. */
  get timers(): number {
    return this.#pending.size
  }

  /** Lets time pass, firing each timer at its moment and letting promises settle between two. */
  async advance(ms: number): Promise<void> {
    const end = this.#time + ms
    await settle()
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#pending.delete(next)
      this.#time = Math.max(this.#time, next.at)
      next.callback()
      await settle()
    }
    this.#time = end
  }

  #next(end: number): Pending | undefined {
    let first: Pending | undefined
    for (const pending of this.#pending) {
      if (pending.at <= end && (first === undefined || pending.at < first.at)) first = pending
    }
    return first
  }
}

/** Lets every promise that is ready settle. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
