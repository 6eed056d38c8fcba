import type { Clock } from '../clock.js'
import type { Address } from './datagram-socket.js'
import { COOKIE_SECRET_LIFETIME_MS } from './limits.js'
import { sodium } from './packages.js'
import { COOKIE_BYTES } from './protocol.js'
import type { RandomSource } from './random.js'

const SECRET_BYTES = 32

/**
 * Makes and checks the cookies that prove an address without a byte of state about it: a MAC over the address and
 * the hello's Noise message 1, under a secret that is replaced all the time (RFC 9147, 5.1; WireGuard, 5.3).
 */
export class CookieMaker {
  readonly #clock: Clock
  readonly #random: RandomSource
  #current: Buffer
  #previous: Buffer
  #replaceAt: number

  constructor(clock: Clock, random: RandomSource) {
    this.#clock = clock
    this.#random = random
    this.#current = random.bytes(SECRET_BYTES)
    this.#previous = random.bytes(SECRET_BYTES)
    this.#replaceAt = clock.monotonic() + COOKIE_SECRET_LIFETIME_MS
  }

  make(from: Address, message: Buffer): Buffer {
    this.#rotate()
    return mac(this.#current, from, message)
  }

  verify(cookie: Buffer, from: Address, message: Buffer): boolean {
    this.#rotate()
    return (
      sodium().sodium_memcmp(cookie, mac(this.#current, from, message)) ||
      sodium().sodium_memcmp(cookie, mac(this.#previous, from, message))
    )
  }

  #rotate(): void {
    const now = this.#clock.monotonic()
    if (now < this.#replaceAt) return
    const skipped = now >= this.#replaceAt + COOKIE_SECRET_LIFETIME_MS
    this.#previous = skipped ? this.#random.bytes(SECRET_BYTES) : this.#current
    this.#current = this.#random.bytes(SECRET_BYTES)
    this.#replaceAt = now + COOKIE_SECRET_LIFETIME_MS
  }
}

function mac(secret: Buffer, from: Address, message: Buffer): Buffer {
  const cookie = Buffer.allocUnsafe(COOKIE_BYTES)
  // The message has a fixed length, so no two inputs run together.
  const input = Buffer.concat([message, Buffer.from(`${from.port} ${from.host}`)])
  sodium().crypto_generichash(cookie, input, secret)
  return cookie
}
