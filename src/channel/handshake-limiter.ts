import type { Clock } from '../clock.js'
import { ClockedBucket } from './clocked-bucket.js'
import {
  HANDSHAKE_BURST,
  HANDSHAKES_PER_SECOND,
  MAX_LIMITED_ADDRESSES,
  TOTAL_HANDSHAKES_PER_SECOND,
} from './limits.js'

/** How many handshakes an index makes. */
export interface HandshakeLimits {
  /**
   * At once, of one address.
   * @defaultValue 100
   */
  readonly burst: number
  /**
   * A second, of one address, after that.
   * @defaultValue 20
   */
  readonly perSecond: number
  /**
   * A second, of all addresses together.
   * @defaultValue 1000
   */
  readonly totalPerSecond: number
}

export const defaultHandshakeLimits: HandshakeLimits = {
  burst: HANDSHAKE_BURST,
  perSecond: HANDSHAKES_PER_SECOND,
  totalPerSecond: TOTAL_HANDSHAKES_PER_SECOND,
}

/**
 * Bounds the handshakes of each address and of all together. Asked only about addresses that a cookie has proved:
 * otherwise a stranger could use up another's share.
 */
export class HandshakeLimiter {
  readonly #clock: Clock
  readonly #limits: HandshakeLimits
  readonly #all: ClockedBucket
  readonly #buckets = new Map<string, ClockedBucket>()

  constructor(clock: Clock, limits: HandshakeLimits) {
    this.#clock = clock
    this.#limits = limits
    this.#all = new ClockedBucket(clock, limits.totalPerSecond, limits.totalPerSecond)
  }

  /** How many addresses are being counted. */
  get size(): number {
    return this.#buckets.size
  }

  /** Takes one handshake of the host's share: 0, or the milliseconds to wait. */
  take(host: string): number {
    const bucket = this.#bucket(addressGroup(host))
    return bucket.tryRemoveTokens(1) ? 0 : Math.max(1, bucket.getWaitTime(1))
  }

  #bucket(group: string): ClockedBucket {
    const known = this.#buckets.get(group)
    // Set again, so that the first of the map is the one longest unseen.
    if (known !== undefined) this.#buckets.delete(group)
    else if (this.#buckets.size >= MAX_LIMITED_ADDRESSES) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest)
        break
      }
    }
    const { burst, perSecond } = this.#limits
    const bucket = known ?? new ClockedBucket(this.#clock, burst, perSecond, this.#all)
    this.#buckets.set(group, bucket)
    return bucket
  }
}

/** An IPv4 address, or the /64 of an IPv6 one: a host has the whole of it to choose from (RFC 4291, 2.5.4). */
export function addressGroup(host: string): string {
  if (!host.includes(':')) return host
  const [head = '', tail] = host.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  return [...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4).join(':')
}
