import { ClockedBucket } from '../channel/clocked-bucket.js'
import type { Clock } from '../clock.js'
import { BitTrickleError } from '../errors.js'

// So many seconds' worth may come at once: a peer that comes back tells of all that has ended meanwhile.
const BURST_SECONDS = 4

interface Entry {
  readonly bucket: ClockedBucket
  lastId: string | undefined
}

/**
 * Which receipts are taken: each message once, though its user begins another session before it was answered, and no
 * more of one user than the index can write down for all of them.
 */
export class ReceiptBook {
  readonly #clock: Clock
  readonly #perSecond: number
  readonly #maxUsers: number
  // The one longest unheard comes first.
  readonly #entries = new Map<string, Entry>()

  /**
   * @param perSecond - receipts of one user that are taken for ever
   * @param maxUsers - that are remembered
   */
  constructor(clock: Clock, perSecond: number, maxUsers: number) {
    this.#clock = clock
    this.#perSecond = perSecond
    this.#maxUsers = maxUsers
  }

  /**
   * Looks whether a message is to be taken. A peer sends one after the other, so that the last one is enough to know.
   *
   * @param count - how many receipts are in it
   * @returns false for one that was taken already
   * @throws {@link BitTrickleError} `RATE_LIMITED`
   */
  take(username: string, id: string, count: number): boolean {
    const entry = this.#entryOf(username)
    if (entry.lastId === id) return false
    if (!entry.bucket.tryRemoveTokens(count)) {
      const retryAfter = Math.ceil(entry.bucket.getWaitTime(count))
      throw new BitTrickleError('RATE_LIMITED', 'Too many receipts; send them more slowly.', { retryAfter })
    }
    entry.lastId = id
    return true
  }

  #entryOf(username: string): Entry {
    const known = this.#entries.get(username)
    const burst = this.#perSecond * BURST_SECONDS
    const entry = known ?? {
      bucket: new ClockedBucket(this.#clock, burst, this.#perSecond),
      lastId: undefined,
    }
    this.#entries.delete(username)
    this.#entries.set(username, entry)
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxUsers) break
      this.#entries.delete(oldest)
    }
    return entry
  }
}
