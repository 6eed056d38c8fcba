import { TokenBucket } from 'limiter'
import type { Clock } from '../clock.js'

/** limiter's bucket, full at first, and by the injected clock. */
export class ClockedBucket extends TokenBucket {
  readonly #clock: Clock

  constructor(clock: Clock, burst: number, perSecond: number, parentBucket?: TokenBucket) {
    super({
      bucketSize: burst,
      tokensPerInterval: perSecond,
      interval: 'second',
      ...(parentBucket && { parentBucket }),
    })
    this.#clock = clock
    this.content = burst
    this.lastDrip = clock.monotonic()
  }

  override drip(): boolean {
    const now = this.#clock.monotonic()
    const before = this.content
    this.content = Math.min(
      this.bucketSize,
      before + ((now - this.lastDrip) * this.tokensPerInterval) / this.interval,
    )
    this.lastDrip = now
    return this.content > before
  }
}
