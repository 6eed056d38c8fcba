/** How often a peer says that it is alive, and after how long a silence it counts as gone. */
export interface HeartbeatTimes {
  /** Milliseconds between two heartbeats. */
  readonly interval: number
  /** Milliseconds of silence after which a session has ended. */
  readonly timeout: number
}

/** A user who is logged in, as another user sees it. */
export interface PeerRecord {
  /** The account that is logged in. */
  readonly username: string
}

/** A user who is logged in. */
export interface PeerInfo extends PeerRecord {
  /** Where the peer speaks to the index from; only the index itself knows. */
  readonly address?: {
    /** IP address. */
    readonly host: string
    /** UDP port. */
    readonly port: number
  }
  /** When the session began; only the index itself knows. */
  readonly loggedInAt?: Date
}

/** A name that a user offers, as its owner sees it. */
export interface PublicationRecord {
  readonly name: string
  /** Root of the content, Base64url; unknown where it was published in plain text. */
  readonly root?: string
  /** Bytes; known where the root is. */
  readonly size?: number
  /** Who may see it; absent: everybody. */
  readonly to?: readonly string[]
}

/** A name that was found. */
export interface HitRecord {
  readonly name: string
  /** Bytes, where known. */
  readonly size?: number
  /** How many active peers it can be fetched from; a classic index does not tell. */
  readonly sources?: number
  /** Root of the content, Base64url; where it was asked for, is known, and fits beside the name. */
  readonly root?: string
  /** Since when it is offered, milliseconds since 1970; where it was asked for. */
  readonly publishedAt?: number
}

/** Where a publication can be fetched now. */
export interface SourceRecord {
  /** The publisher; a classic index does not tell. */
  readonly username?: string
  /** IP address of the peer's TCP listener. */
  readonly host: string
  /** TCP port of the peer's listener. */
  readonly port: number
  /** SHA-256 of the certificate that the listener presents, Base64url; a classic source has none. */
  readonly fingerprint?: string
}
