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

  /** Lets time pass, firing each timer at its moment and letting what it began settle before the next. */
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

// What Node.js calls the questions to the disk that threads are working on.
const DISK_WORK = ['CloseReq', 'FSReqCallback', 'FSReqPromise']

/**
 * Lets every promise that is ready settle, and whatever waits for the disk. Threads take their own time for that, on a
 * busy machine a long one, which the time of a test must not run away from.
 */
export async function settle(): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve))
  while (process.getActiveResourcesInfo().some((kind) => DISK_WORK.includes(kind)))
}
