import type { CatalogueEntry, CatalogueStore, Range, SearchFilter } from './catalogue-store.js'
import { RootIndex } from './root-index.js'
import { SortedNames } from './sorted-names.js'

/** What one user offers. */
interface Owner {
  readonly entries: Map<string, CatalogueEntry>
  readonly names: SortedNames
}

/** A catalogue that lives as long as the process: for tests and for an index without a data directory. */
export class MemoryStore implements CatalogueStore {
  readonly #owners = new Map<string, Owner>()
  // A list rather than a set: it is read at each question where to fetch, and most names have one publisher.
  readonly #byName = new Map<string, readonly CatalogueEntry[]>()
  readonly #names = new SortedNames()
  readonly #byRoot = new RootIndex()
  #size = 0

  /** Nothing to make ready. */
  async open(): Promise<void> {}

  /** Nothing to flush. */
  async close(): Promise<void> {}

  /** {@inheritDoc CatalogueStore.publish} */
  async publish(entry: CatalogueEntry): Promise<boolean> {
    const { username, name } = entry
    const owner = this.#ownerOf(username)
    const former = owner.entries.get(name)
    if (former !== undefined && former.root === entry.root && former.size === entry.size) return false
    if (former === undefined) {
      this.#size += 1
      owner.names.add(name)
      this.#names.add(name)
    } else {
      this.#byRoot.delete(former)
    }
    owner.entries.set(name, entry)
    this.#byRoot.add(entry)
    this.#byName.set(name, [...this.#others(former, name), entry])
    return former === undefined
  }

  /** {@inheritDoc CatalogueStore.unpublish} */
  async unpublish(username: string, name: string): Promise<boolean> {
    const owner = this.#owners.get(username)
    const former = owner?.entries.get(name)
    if (owner === undefined || former === undefined) return false
    owner.entries.delete(name)
    owner.names.delete(name)
    if (owner.entries.size === 0) this.#owners.delete(username)
    this.#byRoot.delete(former)
    const others = this.#others(former, name)
    if (others.length > 0) {
      this.#byName.set(name, others)
    } else {
      this.#byName.delete(name)
      this.#names.delete(name)
    }
    this.#size -= 1
    return true
  }

  #ownerOf(username: string): Owner {
    const known = this.#owners.get(username)
    if (known !== undefined) return known
    const owner = { entries: new Map<string, CatalogueEntry>(), names: new SortedNames() }
    this.#owners.set(username, owner)
    return owner
  }

  #others(entry: CatalogueEntry | undefined, name: string): readonly CatalogueEntry[] {
    const offers = this.offers(name)
    return entry === undefined ? offers : offers.filter((other) => other !== entry)
  }

  /** {@inheritDoc CatalogueStore.has} */
  has(username: string, name: string): boolean {
    return this.#owners.get(username)?.entries.has(name) ?? false
  }

  /** {@inheritDoc CatalogueStore.offers} */
  offers(name: string): readonly CatalogueEntry[] {
    return this.#byName.get(name) ?? []
  }

  /** {@inheritDoc CatalogueStore.offersOf} */
  offersOf(root: string): Iterable<CatalogueEntry> {
    return this.#byRoot.find(root)
  }

  /** {@inheritDoc CatalogueStore.publishedBy} */
  publishedBy(username: string, range: Range = {}): readonly CatalogueEntry[] {
    const owner = this.#owners.get(username)
    if (owner === undefined) return []
    return owner.names.select(range).map((name) => owner.entries.get(name) as CatalogueEntry)
  }

  /** {@inheritDoc CatalogueStore.search} */
  search({ contains, includes, excludeOwner, ...range }: SearchFilter): readonly string[] {
    return this.#names.select(range, (name) => {
      if (!name.includes(contains)) return false
      if (excludeOwner !== undefined && this.has(excludeOwner, name)) return false
      return this.offers(name).some(includes)
    })
  }

  /** {@inheritDoc CatalogueStore.count} */
  count(username: string): number {
    return this.#owners.get(username)?.entries.size ?? 0
  }

  /** {@inheritDoc CatalogueStore.size} */
  get size(): number {
    return this.#size
  }
}
