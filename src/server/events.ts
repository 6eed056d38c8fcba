import type { Address } from '../channel/datagram-socket.js'

/** A login that was granted. */
export interface LoginEvent {
  readonly username: string
  readonly address: Address
  readonly at: Date
}

/** A login that was refused. What is told to the one who asks is less: it does not tell which names exist. */
export interface LoginFailedEvent extends LoginEvent {
  readonly reason: 'credentials' | 'already-active' | 'invalid' | 'full' | 'rate-limited'
}

/** A session that ended other than by silence. */
export interface LogoutEvent extends LoginEvent {
  /**
   * `logged-out`: the peer said so. `replaced`: the same device logged in anew. `account`: the account was removed or
   * has another password. `disconnected`: the operator ended it. `closed`: the index shut down.
   */
  readonly reason: 'logged-out' | 'replaced' | 'account' | 'disconnected' | 'closed'
}

/** A name that a user began or ceased to offer. */
export interface PublicationEvent {
  readonly username: string
  readonly name: string
  readonly at: Date
}

/** A user who was told where to fetch a name. */
export interface LocateEvent extends PublicationEvent {
  /** The users named as sources. */
  readonly sources: readonly string[]
}

/** Somebody who asked more often than the index allows, and was refused. */
export interface LimitedEvent {
  readonly what: 'handshakes' | 'logins' | 'requests'
  readonly address: Address
  readonly username?: string
  /** Milliseconds until the next try may succeed. */
  readonly retryAfter: number
}

/** Bad input, or an outside service that failed: the index goes on. */
export interface WarningEvent {
  readonly message: string
  readonly address?: Address
  readonly cause?: unknown
}

/** The events of an IndexServer. */
export interface IndexServerEvents {
  /** It takes requests, at this address. */
  listening: (address: Address) => void
  login: (event: LoginEvent) => void
  loginFailed: (event: LoginFailedEvent) => void
  logout: (event: LogoutEvent) => void
  /** A session ended by silence. It is noticed before the next request. */
  expired: (event: LoginEvent) => void
  publish: (event: PublicationEvent) => void
  unpublish: (event: PublicationEvent) => void
  locate: (event: LocateEvent) => void
  /** Somebody asked more often than the index allows. */
  limited: (event: LimitedEvent) => void
  warning: (event: WarningEvent) => void
  close: () => void
}
