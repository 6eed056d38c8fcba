import type { Address } from '../channel/datagram-socket.js'
import type { Clock } from '../clock.js'
import { BitTrickleError } from '../errors.js'
import type { Notice } from '../wire/messages.js'

/** A logged-in peer at the index. */
export interface Session {
  readonly username: string
  /** Where the peer speaks to the index from. */
  readonly address: Address
  /** The TCP port on which the peer serves its publications. */
  readonly tcpPort: number
  /** The groups that the user is in now. */
  readonly groups: ReadonlySet<string>
  readonly loggedInAt: Date
  /** Of the certificate that the peer's data channels present; a peer without one speaks only classic to others. */
  readonly fingerprint?: string
  /** The key of the device that logged in, where it proved one. */
  readonly deviceKey?: string
  /** Tells the peer something that it did not ask for, where the way in can. */
  readonly notify?: (notice: Notice) => void
}

/** What {@link Sessions} needs. */
export interface SessionsOptions {
  readonly clock: Clock
  /** Milliseconds of silence after which a session has ended. */
  readonly timeout: number
  /** Most sessions at a time. */
  readonly limit: number
  /** Told of each session that ended by silence. */
  readonly onExpired: (session: Session) => void
}

interface Entry {
  readonly session: Session
  lastHeard: number
}

/** Who is logged in. At most one session a user. */
export class Sessions {
  readonly #options: SessionsOptions
  // In the order in which they were last heard, the longest silent first, so that expiring looks at the stale ones only.
  readonly #entries = new Map<string, Entry>()

  constructor(options: SessionsOptions) {
    this.#options = options
  }

  /** Ends the sessions that were silent for too long. Called before each request: there is no timer. */
  expire(): void {
    const oldest = this.#options.clock.monotonic() - this.#options.timeout
    for (const [username, { session, lastHeard }] of this.#entries) {
      if (lastHeard >= oldest) return
      this.#entries.delete(username)
      this.#options.onExpired(session)
    }
  }

  /**
   * Begins a session.
   * @throws {@link BitTrickleError} `INDEX_FULL`
   */
  start(session: Session): void {
    if (this.#entries.size >= this.#options.limit) {
      throw new BitTrickleError(
        'INDEX_FULL',
        `The index serves its limit of ${this.#options.limit} sessions; try again later.`,
        { retryable: true },
      )
    }
    this.#entries.set(session.username, { session, lastHeard: this.#options.clock.monotonic() })
  }

  /** Whether this very session goes on; the user may have begun another since. */
  isCurrent(session: Session): boolean {
    return this.#entries.get(session.username)?.session === session
  }

  /** The session of a user, if there is one. */
  find(username: string): Session | undefined {
    return this.#entries.get(username)?.session
  }

  /** Notes that the peer was heard just now. */
  touch(session: Session): void {
    const { username } = session
    const entry = this.#entries.get(username)
    if (entry?.session !== session) return
    entry.lastHeard = this.#options.clock.monotonic()
    this.#entries.delete(username)
    this.#entries.set(username, entry)
  }

  /** Whether the user is logged in. */
  isActive(username: string): boolean {
    return this.#entries.has(username)
  }

  /** Ends a session. */
  end(session: Session): void {
    if (this.isCurrent(session)) this.#entries.delete(session.username)
  }

  /** All sessions, in no order that means anything. */
  *list(): IterableIterator<Session> {
    for (const { session } of this.#entries.values()) yield session
  }

  /** How many sessions there are. */
  get size(): number {
    return this.#entries.size
  }
}
