import { createHash, randomBytes } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { BitTrickleError } from '../errors.js'

// Three slips are a person's; from the fourth on each failure doubles the wait, up to a quarter of an hour.
const FREE_FAILURES = 3
const LONGEST_WAIT_SECONDS = 900
// A guesser who spreads over users is slowed by address, later: many people may stand behind one address.
const FREE_FAILURES_OF_ADDRESS = 30
// Failures are forgotten after an hour without one.
const MEMORY_SECONDS = 3600

// Names and addresses are a stranger's to invent: they fall into so many slots, which bounds the tables. Two share a
// slot by bad luck alone, since the slots are salted anew by each process.
const SLOTS = 65_536

/** Makes guessing of passwords slow: after some failures, each next try of that user or address has to wait longer. */
export class LoginThrottle {
  readonly #salt = randomBytes(16)
  readonly #users = new Failures(FREE_FAILURES)
  readonly #addresses = new Failures(FREE_FAILURES_OF_ADDRESS)

  /**
   * Lets a login be tried.
   * @throws {@link BitTrickleError} `RATE_LIMITED` with `retryAfter`
   */
  async assertMayTry(username: string, host: string): Promise<void> {
    const wait = Math.max(
      await this.#users.wait(this.#slot(username)),
      await this.#addresses.wait(this.#slot(network(host))),
    )
    if (wait <= 0) return
    throw new BitTrickleError(
      'RATE_LIMITED',
      `Too many failed logins; try again in ${Math.ceil(wait / 1000)} s.`,
      { retryable: true, retryAfter: wait },
    )
  }

  /** Counts a wrong password or unknown user. */
  async failed(username: string, host: string): Promise<void> {
    await this.#users.add(this.#slot(username))
    await this.#addresses.add(this.#slot(network(host)))
  }

  /** Forgets the failures of a user who has logged in, but not those of the address: others may guess from there. */
  async succeeded(username: string): Promise<void> {
    await this.#users.forget(this.#slot(username))
  }

  #slot(text: string): string {
    const digest = createHash('sha256').update(this.#salt).update(text).digest()
    return String(digest.readUInt32BE(0) % SLOTS)
  }
}

/** Failures by slot, and how long each slot has to wait. */
class Failures {
  readonly #free: number
  readonly #counts = new RateLimiterMemory({ points: 1, duration: MEMORY_SECONDS })
  readonly #blocks = new RateLimiterMemory({ points: 1, duration: LONGEST_WAIT_SECONDS })

  constructor(free: number) {
    this.#free = free
  }

  async wait(slot: string): Promise<number> {
    return (await this.#blocks.get(slot))?.msBeforeNext ?? 0
  }

  async add(slot: string): Promise<void> {
    const { consumedPoints } = await this.#counts.penalty(slot)
    const excess = consumedPoints - this.#free
    if (excess > 0) await this.#blocks.block(slot, Math.min(2 ** (excess - 1), LONGEST_WAIT_SECONDS))
  }

  async forget(slot: string): Promise<void> {
    await this.#counts.delete(slot)
    await this.#blocks.delete(slot)
  }
}

// One host often has a whole /64 of IPv6 addresses to itself (RFC 4291, section 2.5.4).
function network(host: string): string {
  return isIPv6(host) ? host.split(':').slice(0, 4).join(':') : host
}
