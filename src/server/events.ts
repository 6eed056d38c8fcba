import type { Address } from '../channel/datagram-socket.js'
import type { ErrorCode } from '../errors.js'

/** A login that was granted. */
export interface LoginEvent {
  /** Who it is. */
  readonly username: string
  /** Where the peer speaks from. */
  readonly address: Address
  /** When. */
  readonly at: Date
}

/** A login that was refused. What is told to the one who asks is less: it does not tell which names exist. */
export interface LoginFailedEvent extends LoginEvent {
  /**
   * `credentials`: unknown user or wrong password. `already-active`: another device of the user is. `invalid`: what no
   * user name or password can be. `full`: the index has no room. `rate-limited`: too many failures before. `version`:
   * the two have no version of the messages in common. `internal`: whether the password is right could not be found
   * out, of which a `warning` tells.
   */
  readonly reason:
    | 'credentials'
    | 'already-active'
    | 'invalid'
    | 'full'
    | 'rate-limited'
    | 'version'
    | 'internal'
}

/** A session that ended other than by silence. */
export interface LogoutEvent extends LoginEvent {
  /**
   * `logged-out`: the peer said so. `replaced`: the same device logged in anew. `account`: the account was removed or
   * has another password. `disconnected`: the operator ended it. `closed`: the index shut down.
   */
  readonly reason: 'logged-out' | 'replaced' | 'account' | 'disconnected' | 'closed'
}

/** A name that a user began or ceased to offer, or behind which something else is now. */
export interface PublicationEvent {
  /** Who offers it. */
  readonly username: string
  /** What others ask for. */
  readonly name: string
  /** Root of the content, Base64url; absent where the publisher did not say, and of what is offered no longer. */
  readonly root?: string
  /** Bytes; with the root or not at all. */
  readonly size?: number
  /** The users and groups that may see it; absent: everybody. */
  readonly to?: readonly string[]
  /** When. */
  readonly at: Date
}

/** A user who was told where to fetch a name. */
export interface LocateEvent {
  /** Who asked. */
  readonly username: string
  /** What was asked for. */
  readonly name: string
  /** When. */
  readonly at: Date
  /** The users named as sources. */
  readonly sources: readonly string[]
  /** Whether a ticket went with it, of which `ticket` tells. Only a peer without a certificate gets none. */
  readonly hasTicket: boolean
}

/** A permission to fetch a content, for a minute at most. A long download renews it about twice a minute. */
export interface TicketEvent {
  /** Who may fetch it. */
  readonly username: string
  /** What was asked for. */
  readonly name: string
  /** Of the content that it permits, Base64url. */
  readonly root: string
  /** Bytes of the content. */
  readonly size: number
  /** The users named as sources; of many, not all may have fitted the answer. */
  readonly sources: readonly string[]
  /** When it was given. */
  readonly at: Date
}

// Spelled out, so that an app that reads it does not need the library of the schemas; a type test holds the two together.
/** What a peer can ask an index. */
export type RequestType =
  | 'login'
  | 'logout'
  | 'heartbeat'
  | 'peers'
  | 'publish'
  | 'publishAll'
  | 'unpublish'
  | 'published'
  | 'search'
  | 'locate'
  | 'locateAll'
  | 'receipt'

/** A request that was refused. Of a refused login, {@link LoginFailedEvent} tells. */
export interface RefusedEvent {
  /** Whose session it was made in; absent where there was none. */
  readonly username?: string
  /** Where it came from. */
  readonly address: Address
  /** What was asked; absent where it could not be understood, or was not looked at. */
  readonly request?: RequestType
  /** The name or the text that it was about. */
  readonly about?: string
  /** Why it was refused. */
  readonly code: ErrorCode
  /** When. */
  readonly at: Date
}

/**
 * What a peer says of a transfer that has ended: its word and no more. Only the user name is the index's own; a transfer
 * has a receipt of each end that was online, and where they differ, one of them is wrong.
 */
export interface ReceiptEvent {
  /** Who says so. */
  readonly username: string
  /** Where the peer speaks from. */
  readonly address: Address
  /** Whether it has sent or received. */
  readonly way: 'sent' | 'received'
  /** The user at the other end, as the peer knows it. */
  readonly peer: string
  /** Of the content, Base64url. */
  readonly root: string
  /** Bytes of the content that went over the connection, whether they were of use or not. */
  readonly bytes: number
  /**
   * `done`: all that was asked for. `aborted`: the receiver wanted no more, or the peer that says so was closed.
   * `failed`: anything else, with a code.
   */
  readonly outcome: 'done' | 'aborted' | 'failed'
  /** Why it failed: mostly one of {@link ErrorCode}. */
  readonly code?: string
  /** Milliseconds that it took, the wait for an upload slot included. */
  readonly ms: number
  /** When it was told, which may be long after. */
  readonly at: Date
}

/** Receipts that a peer had no room for while the index was away. */
export interface ReceiptsLostEvent {
  /** Whose peer it is. */
  readonly username: string
  /** How many. */
  readonly count: number
  /** When it was told. */
  readonly at: Date
}

/** Somebody who asked more often than the index allows, and was refused. */
export interface LimitedEvent {
  /** What there was too much of. */
  readonly what: 'handshakes' | 'logins' | 'requests'
  /** Where it came from. */
  readonly address: Address
  /** Whose session it was; absent where there was none. */
  readonly username?: string
  /** Milliseconds until the next try may succeed. */
  readonly retryAfter: number
}

/** A try to put publishes and unpublishes on the disk, those that came together in one go. */
export interface CommitEvent {
  /** How many they were; 0 where {@link IndexServer.checkHealth} alone wanted to know. */
  readonly writes: number
  /** Milliseconds that the disk took. */
  readonly ms: number
  /** Why none of them is there; absent where all are. */
  readonly cause?: unknown
}

/** Bad input, or an outside service that failed: the index goes on. */
export interface WarningEvent {
  /** A sentence for people. */
  readonly message: string
  /** Where the input came from, where it was input. */
  readonly address?: Address
  /** The error underneath, where there is one. */
  readonly cause?: unknown
}

/** The events of an IndexServer. */
export interface IndexServerEvents {
  /** It takes requests, at this address. */
  listening: (address: Address) => void
  /** A session began. */
  login: (event: LoginEvent) => void
  /** A login was refused. */
  loginFailed: (event: LoginFailedEvent) => void
  /** A session ended, other than by silence. */
  logout: (event: LogoutEvent) => void
  /** A session ended by silence. It is noticed before the next request. */
  expired: (event: LoginEvent) => void
  /** A user offers a name that this user did not offer before. */
  publish: (event: PublicationEvent) => void
  /** A name that a user offers stands for another content now, or is for others. */
  republish: (event: PublicationEvent) => void
  /** A user offers a name no longer. */
  unpublish: (event: PublicationEvent) => void
  /** Somebody was told where to fetch a name. */
  locate: (event: LocateEvent) => void
  /** A permission to fetch was given. */
  ticket: (event: TicketEvent) => void
  /** A request other than a login was refused. */
  refused: (event: RefusedEvent) => void
  /**
   * A peer says how a transfer has ended. Peers are asked to when they log in while somebody listens to this, or an
   * audit trail is written.
   */
  receipt: (event: ReceiptEvent) => void
  /** A peer had no room for receipts while the index was away. */
  receiptsLost: (event: ReceiptsLostEvent) => void
  /** Somebody asked more often than the index allows. */
  limited: (event: LimitedEvent) => void
  /** Only of a store that tells, as `SqliteStore` does. */
  commit: (event: CommitEvent) => void
  /** Bad input, or an outside service that failed; the index goes on. */
  warning: (event: WarningEvent) => void
  /** `close()` has ended everything. */
  close: () => void
}
