import type { Clock } from '../clock.js'
import { ticketExpiry } from '../transfer/ticket.js'
import { MAX_REVOKED_AT_ONCE } from '../wire/limits.js'
import type { Notice } from '../wire/messages.js'
import type { Session } from './sessions.js'

// So many peers are told in one turn of the event loop: sealing a notice takes 10 us.
const PEERS_A_TURN = 500

// Of who was revoked a moment ago, for peers that log in meanwhile. Beyond it the oldest are forgotten: their tickets run
// out within a minute all the same.
const MAX_REMEMBERED = 1_000

interface Revoked {
  readonly username: string
  /** Seconds since 1970. */
  readonly expires: number
}

/** Tells the peers that serve others whose tickets count no more, so that downloads end with the account. */
export class Revocations {
  readonly #clock: Clock
  readonly #sessions: () => Iterable<Session>
  #recent: readonly Revoked[] = []
  #isClosed = false

  /** @param sessions - all that there are now */
  constructor(clock: Clock, sessions: () => Iterable<Session>) {
    this.#clock = clock
    this.#sessions = sessions
  }

  /** The tickets that these users have got so far count no more. */
  revoke(usernames: readonly string[]): void {
    const expires = ticketExpiry(this.#clock.now())
    const revoked = usernames.map((username) => ({ username, expires }))
    this.#recent = [...this.#lasting(), ...revoked].slice(-MAX_REMEMBERED)
    const notices = noticesOf(revoked)
    if (notices.length > 0) this.#tellAll([...this.#sessions()].filter(isSource), notices)
  }

  #tellAll(sessions: readonly Session[], notices: readonly Notice[]): void {
    if (this.#isClosed) return
    for (const session of sessions.slice(0, PEERS_A_TURN)) tell(session, notices)
    const rest = sessions.slice(PEERS_A_TURN)
    if (rest.length > 0) setImmediate(() => this.#tellAll(rest, notices))
  }

  /** Tells a peer that has just logged in what it may have missed. */
  tell(session: Session): void {
    this.#recent = this.#lasting()
    if (isSource(session)) tell(session, noticesOf(this.#recent))
  }

  // Behind that no ticket is left that would have to be refused.
  #lasting(): readonly Revoked[] {
    const now = this.#clock.now() / 1000
    return this.#recent.filter(({ expires }) => expires >= now)
  }

  /** Tells nobody any more. */
  close(): void {
    this.#isClosed = true
  }
}

// Only who has a certificate serves for tickets.
const isSource = ({ fingerprint }: Session): boolean => fingerprint !== undefined

function tell(session: Session, notices: readonly Notice[]): void {
  for (const notice of notices) session.notify?.(notice)
}

function noticesOf(revoked: readonly Revoked[]): Notice[] {
  const notices: Notice[] = []
  let left = revoked
  while (left[0] !== undefined) {
    const { expires } = left[0]
    const together = left.slice(0, MAX_REVOKED_AT_ONCE).filter((other) => other.expires === expires)
    notices.push({ type: 'revoked', usernames: together.map(({ username }) => username), expires })
    left = left.slice(together.length)
  }
  return notices
}
