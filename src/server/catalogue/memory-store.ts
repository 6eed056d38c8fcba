import type { CatalogueEntry, CatalogueStore, Range, SearchFilter } from './catalogue-store.js'
import { RootIndex } from './root-index.js'

/** A catalogue that lives as long as the process: for tests and for an index without a data directory. */
export class MemoryStore implements CatalogueStore {
  readonly #byOwner = new Map<string, Map<string, CatalogueEntry>>()
  // A list rather than a set: it is read at each question where to fetch, and most names have one publisher.
  readonly #byName = new Map<string, readonly CatalogueEntry[]>()
  readonly #byRoot = new RootIndex()
  #size = 0

  /** Nothing to make ready. */
  async open(): Promise<void> {}

  /** Nothing to flush. */
  async close(): Promise<void> {}

  /** {@inheritDoc CatalogueStore.publish} */
  async publish(entry: CatalogueEntry): Promise<boolean> {
    const { username, name } = entry
    const owned = getOrAdd(this.#byOwner, username, () => new Map<string, CatalogueEntry>())
    const former = owned.get(name)
    if (former !== undefined && former.root === entry.root && former.size === entry.size) return false
    if (former === undefined) this.#size += 1
    else this.#byRoot.delete(former)
    owned.set(name, entry)
    this.#byRoot.add(entry)
    this.#byName.set(name, [...this.#others(former, name), entry])
    return former === undefined
  }

  /** {@inheritDoc CatalogueStore.unpublish} */
  async unpublish(username: string, name: string): Promise<boolean> {
    const owned = this.#byOwner.get(username)
    const former = owned?.get(name)
    if (owned === undefined || former === undefined) return false
    owned.delete(name)
    if (owned.size === 0) this.#byOwner.delete(username)
    this.#byRoot.delete(former)
    const others = this.#others(former, name)
    if (others.length === 0) this.#byName.delete(name)
    else this.#byName.set(name, others)
    this.#size -= 1
    return true
  }

  #others(entry: CatalogueEntry | undefined, name: string): readonly CatalogueEntry[] {
    const offers = this.offers(name)
    return entry === undefined ? offers : offers.filter((other) => other !== entry)
  }

  /** {@inheritDoc CatalogueStore.has} */
  has(username: string, name: string): boolean {
    return this.#byOwner.get(username)?.has(name) ?? false
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
    const owned = this.#byOwner.get(username)
    if (owned === undefined) return []
    const names = select(owned.keys(), range, () => true)
    return names.flatMap((name) => owned.get(name) ?? [])
  }

  /** {@inheritDoc CatalogueStore.search} */
  search({ contains, includes, excludeOwner, ...range }: SearchFilter): readonly string[] {
    return select(this.#byName.keys(), range, (name) => {
      if (!name.includes(contains)) return false
      if (excludeOwner !== undefined && this.has(excludeOwner, name)) return false
      return this.offers(name).some(includes)
    })
  }

  /** {@inheritDoc CatalogueStore.count} */
  count(username: string): number {
    return this.#byOwner.get(username)?.size ?? 0
  }

  /** {@inheritDoc CatalogueStore.size} */
  get size(): number {
    return this.#size
  }
}

function select(names: Iterable<string>, range: Range, matches: (name: string) => boolean): string[] {
  const { after, limit } = range
  const found: string[] = []
  for (const name of names) {
    if ((after === undefined || name > after) && matches(name)) found.push(name)
  }
  found.sort(byCodeUnits)
  return limit === undefined ? found : found.slice(0, limit)
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}
