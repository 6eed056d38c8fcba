import { TICKET_TOLERANCE_MS, type ValidTicket } from './ticket.js'

// More than an index tells of in the minute for which it matters. Beyond it the oldest are forgotten, and their tickets
// run out by themselves.
const MAX_USERS = 10_000

/** Users whose tickets count no more, although they have not run out. */
export class RevokedUsers {
  // The time at which the last ticket runs out that does not count, in milliseconds since 1970.
  readonly #expiries = new Map<string, number>()

  /**
   * The index has taken these accounts away.
   *
   * @param expires - of the last ticket that does not count, in seconds since 1970
   * @param now - milliseconds since 1970
   */
  add(usernames: readonly string[], expires: number, now: number): void {
    for (const [username, expiry] of this.#expiries) {
      if (now >= expiry + TICKET_TOLERANCE_MS) this.#expiries.delete(username)
    }
    for (const username of usernames) {
      const known = this.#expiries.get(username) ?? 0
      this.#expiries.delete(username)
      this.#expiries.set(username, Math.max(known, expires * 1000))
    }
    for (const username of this.#expiries.keys()) {
      if (this.#expiries.size <= MAX_USERS) break
      this.#expiries.delete(username)
    }
  }

  /** Whether a ticket counts no more. */
  has({ username, expiresAt }: Pick<ValidTicket, 'username' | 'expiresAt'>): boolean {
    const expiry = this.#expiries.get(username)
    return expiry !== undefined && expiresAt <= expiry
  }
}
