import { createHash, randomBytes } from 'node:crypto'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { addressGroup } from '../channel/handshake-limiter.js'
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

// Tries whose outcome is still open count as failures; who is refused for them alone may come back after so long.
const BUSY_WAIT_MS = 1000

/** Makes guessing of passwords slow: after some failures, each next try of that user or address has to wait longer. */
export class LoginThrottle {
  readonly #salt = randomBytes(16)
  readonly #users = new Failures(FREE_FAILURES)
  readonly #addresses = new Failures(FREE_FAILURES_OF_ADDRESS)

  /**
   * Lets a login be tried, and counts it when it fails.
   *
   * @param check - whether the password is right; one that throws counts for neither
   * @returns what `check` says
   * @throws {@link BitTrickleError} `RATE_LIMITED` with `retryAfter`, and whatever `check` throws
   */
  async attempt(username: string, host: string, check: () => Promise<boolean>): Promise<boolean> {
    const user = this.#users.begin(this.#slot(username))
    const address = this.#addresses.begin(this.#slot(addressGroup(host)))
    try {
      const wait = Math.max(await user.wait(), await address.wait())
      if (wait > 0) throw tooMany(wait)
      const isRight = await check()
      // The failures of the address stay: others may guess from there.
      if (isRight) await user.forget()
      else await Promise.all([user.fail(), address.fail()])
      return isRight
    } finally {
      user.end()
      address.end()
    }
  }

  #slot(text: string): string {
    const digest = createHash('sha256').update(this.#salt).update(text).digest()
    return String(digest.readUInt32BE(0) % SLOTS)
  }
}

function tooMany(wait: number): BitTrickleError {
  const message = `Too many failed logins; try again in ${Math.ceil(wait / 1000)} s.`
  return new BitTrickleError('RATE_LIMITED', message, { retryable: true, retryAfter: wait })
}

/** One try of one user, or from one address. */
interface Try {
  /** Milliseconds until it may be made. */
  wait(): Promise<number>
  fail(): Promise<void>
  forget(): Promise<void>
  end(): void
}

/** Failures by slot, and how long each slot has to wait. */
class Failures {
  readonly #free: number
  readonly #open = new Map<string, number>()
  readonly #counts = new RateLimiterMemory({ points: 1, duration: MEMORY_SECONDS })
  readonly #blocks = new RateLimiterMemory({ points: 1, duration: LONGEST_WAIT_SECONDS })

  constructor(free: number) {
    this.#free = free
  }

  /** Begins a try. Those that begin while it is open see it, whatever comes out of it. */
  begin(slot: string): Try {
    const before = this.#open.get(slot) ?? 0
    this.#open.set(slot, before + 1)
    return {
      wait: () => this.#wait(slot, before),
      fail: () => this.#fail(slot),
      forget: async () => {
        await Promise.all([this.#counts.delete(slot), this.#blocks.delete(slot)])
      },
      end: () => {
        const open = (this.#open.get(slot) ?? 1) - 1
        if (open > 0) this.#open.set(slot, open)
        else this.#open.delete(slot)
      },
    }
  }

  async #wait(slot: string, openBefore: number): Promise<number> {
    const blocked = (await this.#blocks.get(slot))?.msBeforeNext ?? 0
    if (blocked > 0 || openBefore === 0) return blocked
    const failures = (await this.#counts.get(slot))?.consumedPoints ?? 0
    return failures + openBefore > this.#free ? BUSY_WAIT_MS : 0
  }

  async #fail(slot: string): Promise<void> {
    const { consumedPoints } = await this.#counts.penalty(slot)
    const excess = consumedPoints - this.#free
    if (excess > 0) await this.#blocks.block(slot, Math.min(2 ** (excess - 1), LONGEST_WAIT_SECONDS))
  }
}
