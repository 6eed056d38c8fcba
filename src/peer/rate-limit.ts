import { TokenBucket } from 'limiter'

// Waits are short, so that a transfer flows evenly and one that is given up does not wait long.
const PARTS_A_SECOND = 8
const LARGEST_PART = 256 * 1024
const SMALLEST_PART = 1024
// A timer that fires late must not cost bytes: what it has kept waiting may move at once then. More than this share of
// what moves in a second is not made up for.
const CATCH_UP = 1 / 4

/** Bounds the bytes a second of all transfers of one direction together. */
export class RateLimit {
  /** Most bytes to move in one go. */
  readonly partBytes: number
  readonly #bucket: TokenBucket | undefined

  /** @param bytesPerSecond - undefined for no bound */
  constructor(bytesPerSecond: number | undefined) {
    const part = Math.floor((bytesPerSecond ?? Number.POSITIVE_INFINITY) / PARTS_A_SECOND)
    this.partBytes = Math.min(LARGEST_PART, Math.max(SMALLEST_PART, part))
    if (bytesPerSecond === undefined) return
    this.#bucket = new TokenBucket({
      bucketSize: Math.max(this.partBytes, bytesPerSecond * CATCH_UP),
      tokensPerInterval: bytesPerSecond,
      interval: 1000,
    })
  }

  /** Whether there is a bound at all. */
  get isBounded(): boolean {
    return this.#bucket !== undefined
  }

  /** Resolves when so many bytes may move; undefined where there is no bound, so that nobody waits for nothing. */
  take(bytes: number): Promise<void> | undefined {
    return this.#bucket === undefined ? undefined : this.#take(this.#bucket, bytes)
  }

  async #take(bucket: TokenBucket, bytes: number): Promise<void> {
    for (let left = bytes; left > 0; left -= this.partBytes) {
      await bucket.removeTokens(Math.min(left, this.partBytes))
    }
  }
}
