import type { HashProgress } from '../content/hash-file.js'
import type { HeartbeatTimes, SourceRecord } from '../wire/records.js'

/** A session that the index has opened. */
export interface SessionInfo {
  /** The account that is logged in. */
  readonly username: string
  /** What the index asks of its peers, in milliseconds. */
  readonly heartbeat: HeartbeatTimes
  /** The version of the messages that index and peer speak to each other; absent in the classic protocol. */
  readonly version?: number
  /** Where this peer serves its publications. */
  readonly listener: {
    /** IP address. */
    readonly host: string
    /** TCP port. */
    readonly port: number
  }
}

/** A name that this peer's user offers, or a folder of names. */
export interface Publication {
  /** What others ask for. That of a folder ends in "/": its files have names that begin so. */
  readonly name: string
  /** The file or the folder behind the name, absolute; absent when this machine has none. */
  readonly path?: string
  /** Who may see it, sorted; absent: everybody. */
  readonly to?: readonly string[]
  /** What was published of a folder, sorted by path; absent for a file. */
  readonly files?: readonly Publication[]
}

/** A name that a search found. */
export interface SearchHit {
  /** What `get` asks for. */
  readonly name: string
  /** Bytes; a classic index does not know. */
  readonly size?: number
  /** How many active peers offer it; a classic index does not tell. */
  readonly sources?: number
  /**
   * Root of the content, Base64url: with it, `get` asks for this one and no other. A classic index does not know, and
   * beside a name of some hundred bytes there may be no room for it; `locate` tells it then.
   */
  readonly root?: string
  /** Since when it is offered under this name; a classic index does not tell. */
  readonly publishedAt?: Date
}

/** Where a name can be fetched now. */
export interface Location {
  /** The name that was asked for. */
  readonly name: string
  /** At least one. */
  readonly sources: readonly SourceRecord[]
  /** Root of the content, Base64url; a classic index does not know. */
  readonly root?: string
  /** Bytes; known where the root is. */
  readonly size?: number
  /**
   * How many contents others offer under the name, of which this is the one that was chosen; absent where there is no
   * other, or where `root` said which. Another one is chosen by `root` or `from`.
   */
  readonly contents?: number
}

/** A file that has arrived under its final name, or a folder of such files. */
export interface DownloadedFile {
  /** The name that was asked for; that of a folder ends in "/". */
  readonly name: string
  /** Where it is, absolute. */
  readonly path: string
  /** Bytes; of a folder, those of all its files. */
  readonly size: number
  /** The files of a folder, sorted by name; absent for a file. */
  readonly files?: readonly DownloadedFile[]
}

/** How far a transfer is. */
export interface TransferProgress {
  /** Bytes so far; of a folder, those of all its files. */
  readonly transferred: number
  /** Bytes in all; a classic source does not tell, and of a folder it is known once the list of its files is complete. */
  readonly size?: number
  /** The files of a folder that are there, and how many there are once the list of them is complete. */
  readonly files?: {
    /** Those that are there. */
    readonly done: number
    /** All of them; absent while they are still being listed. */
    readonly total?: number
  }
}

/** How to publish a file or a folder. */
export interface PublishOptions {
  /**
   * The name that others see: a relative path with "/" between its parts. That of a folder may end in "/"; "./" gives
   * its files the names that they have in it.
   * @defaultValue the path in the share folder
   */
  readonly name?: string
  /**
   * Who may see it: users, and groups with an "@" before them, 16 at most. For all others it does not exist. It is part of
   * what is published: to publish the name again without it opens it to everybody.
   * @defaultValue everybody
   */
  readonly to?: readonly string[]
  /** Gives it up while files are being hashed. What of a folder was published before stays so. */
  readonly signal?: AbortSignal
  /** Told how far the hashing is; of a folder, that of all its files together. */
  readonly onProgress?: (progress: HashProgress) => void
}

/** How to search. */
export interface SearchOptions {
  /**
   * Whether capitals count. The classic protocol takes them as they are in any case.
   * @defaultValue false
   */
  readonly matchCase?: boolean
  /**
   * Only names that begin so, such as "photos/" for those of a folder.
   * @defaultValue any name
   */
  readonly prefix?: string
  /**
   * Only what this user offers.
   * @defaultValue what anybody offers
   */
  readonly from?: string
  /**
   * Only names of the content with this root, Base64url.
   * @defaultValue any content
   */
  readonly root?: string
  /**
   * Bytes that a content has at least.
   * @defaultValue 0
   */
  readonly minSize?: number
  /**
   * Bytes that a content has at the most.
   * @defaultValue any number
   */
  readonly maxSize?: number
  /**
   * Only names that end in it behind a dot, such as "mp4" or "tar.gz", capitals or not.
   * @defaultValue any ending
   */
  readonly extension?: string
  /**
   * Only names that fit this pattern from beginning to end: `*` is any text and `?` any character within a folder, `**`
   * any text at all, and `**` with a slash behind it any number of folders, none too. Up to 256 bytes.
   * @defaultValue any name
   */
  readonly glob?: string
  /**
   * Only what has been published, or has changed, since then.
   * @defaultValue whenever
   */
  readonly publishedAfter?: Date
  /**
   * Only what was there before and has not changed since.
   * @defaultValue whenever
   */
  readonly publishedBefore?: Date
  /**
   * Whether names are found, too, that nobody offers who is active now: their `sources` are 0.
   * @defaultValue false
   */
  readonly includeOffline?: boolean
  /**
   * What comes first: the largest, the newest, or what most active peers offer; names decide between equals. Other
   * orders than by name take at most 1,000 names into account: a `warning` tells when there were more.
   * @defaultValue 'name'
   */
  readonly order?: 'name' | 'size' | 'newest' | 'sources'
  /** Gives the search up. */
  readonly signal?: AbortSignal
}

/** How to locate. */
export interface LocateOptions {
  /**
   * Root of the content that is wanted, Base64url, where several offer others under the name.
   * @defaultValue the one that most active peers offer; of those that as many offer, the newest
   */
  readonly root?: string
  /**
   * The user to fetch from.
   * @defaultValue everybody who offers it
   */
  readonly from?: string
  /** Gives the question up. */
  readonly signal?: AbortSignal
}

/** How to download. */
export interface GetOptions {
  /**
   * Where the file or the folder goes, relative to the download folder, with "/" between the parts; "./" is the download
   * folder itself, for the files of a folder.
   * @defaultValue the name
   */
  readonly as?: string
  /**
   * Whether a file that is there already may be replaced. One that has the right bytes is kept anyway.
   * @defaultValue false
   */
  readonly overwrite?: boolean
  /**
   * Root of the content that is wanted, Base64url, where several offer others under the name. Not for a folder.
   * @defaultValue the one that most active peers offer; of those that as many offer, the newest
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

/** How to read a content. */
export interface ReadStreamOptions {
  /**
   * The first byte to read.
   * @defaultValue 0
   */
  readonly start?: number
  /**
   * The last byte to read; it is read too. Bytes behind the end of the content are passed over.
   * @defaultValue Infinity
   */
  readonly end?: number
  /**
   * Root of the content that is wanted, Base64url, where several offer others under the name.
   * @defaultValue the one that most active peers offer; of those that as many offer, the newest
   */
  readonly root?: string
  /**
   * The user to fetch from.
   * @defaultValue everybody who offers it
   */
  readonly from?: string
  /** Destroys the stream. */
  readonly signal?: AbortSignal
}
