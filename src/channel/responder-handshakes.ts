import type { Clock } from '../clock.js'
import { CookieMaker } from './cookie.js'
import type { Address } from './datagram-socket.js'
import { decodeHello, decodeIndexed, encodeIndexed, encodeRefused } from './datagrams.js'
import { HalfOpenTable } from './half-open-table.js'
import { HandshakeLimiter, type HandshakeLimits } from './handshake-limiter.js'
import { HALF_OPEN_LIFETIME_MS } from './limits.js'
import type { KeyPair } from './noise.js'
import { DatagramType, KEY_BYTES, PROTOCOL_VERSION, RefusedReason } from './protocol.js'
import { type RandomSource, randomIndex } from './random.js'
import { attemptKey, type FinishedHandshake, ResponderHandshake } from './responder-handshake.js'

/** What {@link ResponderHandshakes} needs. */
export interface ResponderHandshakesOptions {
  readonly keyPair: KeyPair
  readonly clock: Clock
  readonly random: RandomSource
  readonly limits: HandshakeLimits
  /** Whether an open channel has this index. */
  readonly taken: (index: number) => boolean
  readonly onLimited: (address: Address, retryAfter: number) => void
}

/**
 * The responder's side of all handshakes. A hello costs one MAC and leaves nothing behind until it brings a cookie
 * back; every answer is smaller than the hello.
 */
export class ResponderHandshakes {
  readonly #options: ResponderHandshakesOptions
  readonly #cookies: CookieMaker
  readonly #limiter: HandshakeLimiter
  readonly #halfOpen = new HalfOpenTable()

  constructor(options: ResponderHandshakesOptions) {
    this.#options = options
    this.#cookies = new CookieMaker(options.clock, options.random)
    this.#limiter = new HandshakeLimiter(options.clock, options.limits)
  }

  get size(): number {
    return this.#halfOpen.size
  }

  get limitedAddresses(): number {
    return this.#limiter.size
  }

  /** Whether a handshake has this index. */
  has(index: number): boolean {
    return this.#halfOpen.byIndex(index) !== undefined
  }

  /** What to send back to where the hello came from. */
  onHello(datagram: Buffer, from: Address): Buffer | undefined {
    const hello = decodeHello(datagram)
    if (hello === undefined) return undefined
    const { version, message, cookie } = hello
    if (version !== PROTOCOL_VERSION) return encodeRefused(RefusedReason.Version, 0, message)
    if (!this.#cookies.verify(cookie, from, message)) {
      const receiver = message.readUInt32BE(KEY_BYTES)
      return encodeIndexed(DatagramType.Cookie, receiver, this.#cookies.make(from, message))
    }
    const key = attemptKey(message, from)
    return this.#halfOpen.byAttempt(key)?.response ?? this.#begin(key, message, from)
  }

  /** The handshake that this datagram finishes. */
  onFinish(datagram: Buffer, from: Address): FinishedHandshake | undefined {
    const finish = decodeIndexed(datagram)
    const handshake = finish && this.#halfOpen.byIndex(finish.receiver)
    if (handshake === undefined || !isSame(handshake.from, from)) return undefined
    return handshake.finish(finish?.body ?? datagram, this.#options.clock.monotonic())
  }

  /** The index that a cookie, response, finish or reset is for; 0 when it is malformed. */
  receiverOf(datagram: Buffer): number {
    return decodeIndexed(datagram)?.receiver ?? 0
  }

  expire(now: number): void {
    this.#halfOpen.expire(now)
  }

  clear(): void {
    this.#halfOpen.clear()
  }

  #begin(key: string, message: Buffer, from: Address): Buffer | undefined {
    const { keyPair, clock, random, taken, onLimited } = this.#options
    const retryAfter = this.#limiter.take(from.host)
    if (retryAfter > 0) {
      onLimited(from, retryAfter)
      return encodeRefused(RefusedReason.Limited, retryAfter, message)
    }
    const localIndex = randomIndex(random, (index) => taken(index) || this.has(index))
    const expiresAt = clock.monotonic() + HALF_OPEN_LIFETIME_MS
    const handshake = ResponderHandshake.begin({ keyPair, random, localIndex, from, expiresAt }, message)
    if (handshake === undefined) return undefined
    this.#halfOpen.add(key, handshake)
    return handshake.response
  }
}

function isSame(a: Address, b: Address): boolean {
  return a.port === b.port && a.host === b.host
}
