import { ClockedBucket } from '../channel/clocked-bucket.js'
import type { Clock } from '../clock.js'

// So many seconds' worth of requests may come at once: a program that starts asks for much in one go.
const BURST_SECONDS = 4

/** How many requests one channel may make. */
export class RequestBudget {
  readonly #bucket: ClockedBucket

  /** @param perSecond - requests a second that may go on for ever */
  constructor(clock: Clock, perSecond: number) {
    this.#bucket = new ClockedBucket(clock, perSecond * BURST_SECONDS, perSecond)
  }

  /** Takes one request: 0 when it is granted, else the milliseconds until one would be. */
  take(): number {
    return this.#bucket.tryRemoveTokens(1) ? 0 : Math.ceil(this.#bucket.getWaitTime(1))
  }
}
