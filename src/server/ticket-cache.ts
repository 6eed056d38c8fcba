import type { Clock } from '../clock.js'
import type { TicketClaims, TicketSigner } from '../transfer/ticket.js'

/** A ticket is handed out again for so long: most of its time is still ahead then. */
const REUSE_MS = 5_000

/** Tickets kept at a time: as many as an index that signs without a pause makes in half a second. */
const MAX_TICKETS = 4_096

interface Issued {
  readonly ticket: string
  readonly at: number
}

/**
 * Hands out tickets. Signing one costs more than the rest of a request, and a peer that asks again where to fetch,
 * since a source was lost or a datagram came late, asks for the same one.
 */
export class TicketCache {
  readonly #signer: TicketSigner
  readonly #clock: Clock
  // The oldest first: a ticket that is too old is made anew and goes to the end.
  readonly #issued = new Map<string, Issued>()

  constructor(signer: TicketSigner, clock: Clock) {
    this.#signer = signer
    this.#clock = clock
  }

  /** What the tickets are verified with: the 32 bytes of the Ed25519 key, Base64url. */
  get publicKey(): string {
    return this.#signer.publicKey
  }

  /** How many tickets are kept. */
  get size(): number {
    return this.#issued.size
  }

  /** A ticket for these claims, from a moment ago or new. */
  issue(claims: TicketClaims): string {
    const { username, fingerprint, root, size } = claims
    const now = this.#clock.now()
    // No user name has white space.
    const key = `${username} ${fingerprint} ${root} ${size}`
    const known = this.#issued.get(key)
    // A clock that was set back must not keep a ticket alive.
    if (known !== undefined && now >= known.at && now - known.at < REUSE_MS) return known.ticket
    const ticket = this.#signer.sign(claims, now)
    this.#issued.delete(key)
    this.#issued.set(key, { ticket, at: now })
    this.#dropOld(now)
    return ticket
  }

  #dropOld(now: number): void {
    for (const [key, { at }] of this.#issued) {
      if (this.#issued.size <= MAX_TICKETS && now - at < REUSE_MS) return
      this.#issued.delete(key)
    }
  }
}
