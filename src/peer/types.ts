import type { HashProgress } from '../content/hash-file.js'
import type { HeartbeatTimes, SourceRecord } from '../wire/records.js'

/** A session that the index has opened. */
export interface SessionInfo {
  readonly username: string
  /** What the index asks of its peers, in milliseconds. */
  readonly heartbeat: HeartbeatTimes
  /** Where this peer serves its publications. */
  readonly listener: { readonly host: string; readonly port: number }
}

/** A name that this peer's user offers. */
export interface Publication {
  readonly name: string
  /** The file behind the name, absolute; absent when this machine has none. */
  readonly path?: string
}

/** A name that a search found. */
export interface SearchHit {
  readonly name: string
  /** Bytes; a classic index does not know. */
  readonly size?: number
  /** How many active peers offer it; a classic index does not tell. */
  readonly sources?: number
}

/** Where a name can be fetched now. */
export interface Location {
  readonly name: string
  /** At least one. */
  readonly sources: readonly SourceRecord[]
  /** Root of the content, Base64url; a classic index does not know. */
  readonly root?: string
  /** Bytes; known where the root is. */
  readonly size?: number
}

/** A file that has arrived under its final name. */
export interface DownloadedFile {
  /** The name that was asked for. */
  readonly name: string
  /** Where it is, absolute. */
  readonly path: string
  /** Bytes. */
  readonly size: number
}

/** How far a transfer is. */
export interface TransferProgress {
  /** Bytes so far. */
  readonly transferred: number
  /** Bytes in all; a classic source does not tell. */
  readonly size?: number
}

/** How to publish a file. */
export interface PublishOptions {
  /**
   * The name that others see: a relative path with "/" between its parts.
   * @defaultValue the path of the file in the share folder
   */
  readonly name?: string
  /** Gives it up while the file is being hashed. */
  readonly signal?: AbortSignal
  /** Told how far the hashing is. */
  readonly onProgress?: (progress: HashProgress) => void
}

/** How to search. */
export interface SearchOptions {
  /** Gives the search up. */
  readonly signal?: AbortSignal
}

/** How to download. */
export interface GetOptions {
  /**
   * Where the file goes, relative to the download folder, with "/" between the parts.
   * @defaultValue the name
   */
  readonly as?: string
  /**
   * Whether a file that is there already may be replaced.
   * @defaultValue false
   */
  readonly overwrite?: boolean
  /**
   * Root of the content that is wanted, Base64url, where several offer others under the name.
   * @defaultValue the one that most active peers offer
   */
  readonly root?: string
  /**
   * The user to fetch from.
   * @defaultValue everybody who offers it
   */
  readonly from?: string
  /** Cancels the download. */
  readonly signal?: AbortSignal
}
