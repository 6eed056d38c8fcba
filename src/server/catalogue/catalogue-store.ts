/** A name that a user offers. */
export interface CatalogueEntry {
  readonly username: string
  readonly name: string
  /** Root of the content, Base64url; absent where the publisher did not say. */
  readonly root?: string
  /** Bytes; with the root or not at all. */
  readonly size?: number
  /** Since when it is offered with this content. */
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
  /** The text that a name must contain, case-sensitively. */
  readonly contains: string
  /** Whether an offer counts: the caller decides who is active, and what is of use. */
  readonly includes: (entry: CatalogueEntry) => boolean
  /** A user whose own names are left out. */
  readonly excludeOwner?: string
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
   * Offers a name. Offering it again with another root or size, or without, takes the place of what was there; with
   * the same it changes nothing, not even the time.
   * @returns whether the name is new
   */
  publish(entry: CatalogueEntry): Promise<boolean>
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
  /** The names that match, sorted, each once however many offer it. */
  search(filter: SearchFilter): readonly string[]

  /** How many publications the user has. */
  count(username: string): number
  /** How many publications there are in all. */
  readonly size: number
}
