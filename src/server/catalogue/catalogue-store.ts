import type { CommitEvent } from '../events.js'

/** A name that a user offers. */
export interface CatalogueEntry {
  /** Who offers it. */
  readonly username: string
  /** What others ask for. */
  readonly name: string
  /** Root of the content, Base64url; absent where the publisher did not say. */
  readonly root?: string
  /** Bytes; with the root or not at all. */
  readonly size?: number
  /** Who may see it, as one text that the store does not look into; absent: everybody. */
  readonly audience?: string
  /** Since when it is offered in this way. */
  readonly publishedAt: Date
}

/** Which part of a list to read: keys sort by UTF-16 code units, as JavaScript's `<` does. */
export interface Range {
  /** Only names that begin so. */
  readonly prefix?: string
  /** Only names behind this one. */
  readonly after?: string
  /** At most so many. */
  readonly limit?: number
}

/** What to look for in the names of all users. */
export interface SearchFilter extends Range {
  /** Texts that a name must contain, each of them; none, and the empty one, are in every name. */
  readonly words: readonly string[]
  /**
   * Whether capitals count. Where they do not, texts are compared by their small letters (Unicode's default mapping).
   * @defaultValue false
   */
  readonly matchCase?: boolean
  /**
   * Whether an offer counts: the caller decides who is active, and what is of use. What it is given is good for the
   * time of the call.
   */
  readonly includes: (entry: CatalogueEntry) => boolean
  /**
   * What it takes to ask that of an offer, in steps of about 10 ns: where it is much, less is looked at in one go.
   * @defaultValue 10
   */
  readonly cost?: number
  /** A user whose own names are left out. */
  readonly excludeOwner?: string
}

/** A page of names. */
export interface NamePage {
  /** Sorted, each once however many offer it. Fewer than asked for where the search would have taken too long. */
  readonly names: readonly string[]
  /** The name behind which the search goes on, found or not; absent where there is nothing behind. */
  readonly next?: string
}

/**
 * Where the index keeps who publishes what. Reads are answered from memory at once; writes are promises, since an
 * acknowledged write must last as long as the store promises. Every implementation passes the same contract suite
 * (test/server/catalogue/contract.ts).
 */
export interface CatalogueStore {
  /** Makes the store ready; called once, before anything else. */
  open(): Promise<void>
  /** Flushes and releases what the store holds. May be called again. */
  close(): Promise<void>

  /**
   * Offers a name. Offering it again with another root, size or audience, or without, takes the place of what was there; with
   * the same it changes nothing, not even the time. A read shows it when the promise has resolved, if not before.
   * @returns whether the name is new
   */
  publish(entry: CatalogueEntry): Promise<boolean>
  /**
   * Offers several names, in this order, each as {@link CatalogueStore.publish} does.
   * @returns of each whether the name is new, or why it could not be offered
   */
  publishAll(entries: readonly CatalogueEntry[]): Promise<readonly (boolean | Error)[]>
  /**
   * Takes a name back.
   * @returns whether it was offered
   */
  unpublish(username: string, name: string): Promise<boolean>

  /** Whether this user offers this name. */
  has(username: string, name: string): boolean
  /** All offers of this name, in the order in which they came; one that has changed came when it changed. */
  offers(name: string): readonly CatalogueEntry[]
  /**
   * All offers with this root, of whatever size and name, in the same order. To be read at once, before anything is
   * written.
   */
  offersOf(root: string): Iterable<CatalogueEntry>
  /** The user's names, sorted. */
  publishedBy(username: string, range?: Range): readonly CatalogueEntry[]
  /** The names that match. How much it looks at has a bound, so that it never takes long. */
  search(filter: SearchFilter): NamePage

  /** How many publications the user has; those that are being written may count already. */
  count(username: string): number
  /** How many publications there are in all; those that are being written may count already. */
  readonly size: number

  /** How many writes wait for the disk. Only a store that has one to wait for needs it. */
  readonly waiting?: number
  /** Tells each commit to the disk, and each that failed; called once, before `open()`. */
  onCommit?(listener: (commit: CommitEvent) => void): void
  /** Writes something that changes nothing, as the next publish would be written; rejects when that fails. */
  probe?(): Promise<void>
}
