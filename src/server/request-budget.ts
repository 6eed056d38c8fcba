import { TokenBucket } from 'limiter'

// So many seconds' worth of requests may come at once: a program that starts asks for much in one go.
const BURST_SECONDS = 4

/** How many requests one channel may make. */
export class RequestBudget {
  readonly #bucket: TokenBucket

  /** @param perSecond - requests a second that may go on for ever */
  constructor(perSecond: number) {
    const bucketSize = perSecond * BURST_SECONDS
    this.#bucket = new TokenBucket({ bucketSize, tokensPerInterval: perSecond, interval: 1000 })
    this.#bucket.content = bucketSize
  }

  /** Takes one request: 0 when it is granted, else the milliseconds until one would be. */
  take(): number {
    return this.#bucket.tryRemoveTokens(1) ? 0 : this.#bucket.getWaitTime(1)
  }
}
