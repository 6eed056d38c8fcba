import { BitTrickleError } from '../../errors.js'
import { MAX_NAME_BYTES } from '../../wire/limits.js'
import type { CatalogueEntry, NamePage, Range, SearchFilter } from './catalogue-store.js'
import { Column, Ids } from './column.js'
import { LinearHash, NONE } from './linear-hash.js'
import { NameQuery } from './name-query.js'
import { NameSearcher } from './name-search.js'
import { Names } from './names.js'
import { OfferLists } from './offer-lists.js'
import { type Owner, Owners } from './owners.js'
import { TextTable } from './text-table.js'

// What it takes to ask whether an offer counts, in the steps of name-search.ts.
const ASK = 10

const scratch = Buffer.allocUnsafeSlow(4 * MAX_NAME_BYTES)

/**
 * Who publishes what, as all stores read it: columns of numbers and bytes rather than objects, so that a million
 * publications cost little memory and the garbage collector nothing, and grow without a pause.
 */
export class Publications {
  readonly #names = new Names()
  readonly #searcher = new NameSearcher(this.#names)
  readonly #roots = new TextTable()
  readonly #owners = new Owners()
  readonly #ids = new Ids()
  // What an offer consists of, by its id.
  readonly #nameOf = new Column(Uint32Array)
  readonly #ownerOf = new Column(Uint32Array)
  readonly #rootOf = new Column(Uint32Array)
  readonly #sizes = new Column(Float64Array)
  readonly #times = new Column(Float64Array)
  readonly #keys = new Column(Float64Array)
  readonly #byName = new OfferLists()
  readonly #byRoot = new OfferLists()
  readonly #byPair = new LinearHash((id) => hashPair(this.#ownerOf.get(id), this.#nameOf.get(id)))
  #size = 0

  /** How many offers there are. */
  get size(): number {
    return this.#size
  }

  /** How many a user has. */
  count(username: string): number {
    return this.#owners.find(username)?.count ?? 0
  }

  /** The offer of a name by a user, as a number that is good until it is taken out; NONE when there is none. */
  find(username: string, name: string): number {
    const owner = this.#owners.find(username)
    return owner === undefined ? NONE : this.#findPair(owner.id, this.#nameId(name))
  }

  #findPair(owner: number, name: number): number {
    if (name === NONE) return NONE
    let id = this.#byPair.first(hashPair(owner, name))
    while (id !== NONE && (this.#ownerOf.get(id) !== owner || this.#nameOf.get(id) !== name))
      id = this.#byPair.after(id)
    return id
  }

  #nameId(name: string): number {
    return 3 * name.length > scratch.length ? NONE : this.#names.find(scratch, scratch.write(name))
  }

  /** Whether an offer is of this content. */
  isOf(id: number, { root, size }: Pick<CatalogueEntry, 'root' | 'size'>): boolean {
    const known = this.#rootOf.get(id)
    if (known === NONE || root === undefined) return known === NONE && root === undefined
    return this.#roots.text(known) === root && this.#sizes.get(id) === size
  }

  /** What an offer was added with. */
  key(id: number): number {
    return this.#keys.get(id)
  }

  /**
   * Adds an offer that is not there.
   *
   * @param key - a number of the caller's that it can be found by elsewhere
   * @throws {@link BitTrickleError} `INVALID_NAME` for a name that is longer than any may be
   */
  add({ username, name, root, size, publishedAt }: CatalogueEntry, key: number): void {
    const length = 3 * name.length > scratch.length ? Infinity : scratch.write(name)
    if (length > MAX_NAME_BYTES) throw new BitTrickleError('INVALID_NAME', 'The name is too long.')
    const known = this.#names.find(scratch, length)
    const nameId = known === NONE ? this.#names.add(name, scratch, length) : known
    const owner = this.#owners.ensure(username)
    const id = this.#ids.take()
    this.#nameOf.set(id, nameId)
    this.#ownerOf.set(id, owner.id)
    this.#sizes.set(id, size ?? 0)
    this.#times.set(id, publishedAt.getTime())
    this.#keys.set(id, key)
    this.#byName.add(nameId, id)
    this.#byPair.add(id, hashPair(owner.id, nameId))
    this.#addRoot(id, root)
    const rank = this.#names.order.rank(nameId)
    owner.names.insert(
      owner.names.find((other) => this.#names.order.rank(other) < rank),
      nameId,
    )
    owner.count++
    this.#size++
  }

  #addRoot(id: number, root: string | undefined): void {
    if (root === undefined) {
      this.#rootOf.set(id, NONE)
      return
    }
    const bytes = Buffer.from(root)
    const known = this.#roots.find(bytes, bytes.length)
    const rootId = known === NONE ? this.#roots.add(bytes, bytes.length) : known
    this.#rootOf.set(id, rootId)
    this.#byRoot.add(rootId, id)
  }

  /** Takes an offer out. */
  delete(id: number): void {
    const [nameId, rootId] = [this.#nameOf.get(id), this.#rootOf.get(id)]
    const owner = this.#owners.at(this.#ownerOf.get(id))
    const rank = this.#names.order.rank(nameId)
    owner.names.delete(owner.names.find((other) => this.#names.order.rank(other) < rank))
    owner.count--
    if (owner.count === 0) this.#owners.delete(owner)
    this.#byPair.delete(id, hashPair(owner.id, nameId))
    if (this.#byName.delete(nameId, id)) this.#names.delete(nameId)
    if (rootId !== NONE && this.#byRoot.delete(rootId, id)) {
      this.#roots.delete(rootId)
      this.#roots.release(rootId)
    }
    this.#ids.free(id)
    this.#size--
  }

  /** All offers of a name, in the order in which they were added. */
  offers(name: string): CatalogueEntry[] {
    const entries: CatalogueEntry[] = []
    const nameId = this.#nameId(name)
    if (nameId === NONE) return entries
    for (let id = this.#byName.first(nameId); id !== NONE; id = this.#byName.after(id))
      entries.push(this.#entry(id, name))
    return entries
  }

  /** All offers of a root, in the same order. */
  *offersOf(root: string): IterableIterator<CatalogueEntry> {
    const bytes = Buffer.from(root)
    const rootId = this.#roots.find(bytes, bytes.length)
    if (rootId === NONE) return
    for (let id = this.#byRoot.first(rootId); id !== NONE; id = this.#byRoot.after(id))
      yield this.#entry(id)
  }

  /** What a user offers, by name. */
  publishedBy(username: string, range: Range): CatalogueEntry[] {
    const owner = this.#owners.find(username)
    if (owner === undefined) return []
    const { order } = this.#names
    const { from, to } = this.#names.range(range)
    const first = order.rankAt(from)
    const place = owner.names.find((nameId) => order.rank(nameId) < first)
    const entries: CatalogueEntry[] = []
    const { limit = Infinity } = range
    for (; entries.length < limit; place.at++) {
      const nameId = owner.names.read(place)
      if (nameId === undefined || order.rank(nameId) >= to) break
      entries.push(this.#entry(this.#findPair(owner.id, nameId)))
    }
    return entries
  }

  /** The names that match. */
  search({ words, matchCase = false, includes, excludeOwner, limit = Infinity, ...range }: SearchFilter): NamePage {
    const excluded = excludeOwner === undefined ? undefined : this.#owners.find(excludeOwner)
    const { ids, end } = this.#searcher.find({
      ...range,
      query: new NameQuery(words, matchCase),
      // One more tells whether there is one more.
      limit: limit + 1,
      accept: (nameId) => this.#accept(nameId, includes, excluded),
    })
    const names = ids.slice(0, limit).map((id) => this.#names.text(id))
    if (ids.length > limit) return { names, next: names.at(-1) as string }
    return end === undefined ? { names } : { names, next: this.#names.text(end) }
  }

  #accept(nameId: number, includes: SearchFilter['includes'], excluded: Owner | undefined): number {
    let steps = ASK
    if (excluded !== undefined && this.#findPair(excluded.id, nameId) !== NONE) return -steps
    for (let id = this.#byName.first(nameId); id !== NONE; id = this.#byName.after(id)) {
      if (includes(new Offer(this.#read, id))) return steps
      steps += ASK
    }
    return -steps
  }

  #entry(id: number, name = this.#names.text(this.#nameOf.get(id))): CatalogueEntry {
    const root = this.#rootOf.get(id)
    const { username } = this.#owners.at(this.#ownerOf.get(id))
    const publishedAt = new Date(this.#times.get(id))
    if (root === NONE) return { username, name, publishedAt }
    return { username, name, root: this.#roots.text(root), size: this.#sizes.get(id), publishedAt }
  }

  readonly #read: OfferReader = {
    username: (id) => this.#owners.at(this.#ownerOf.get(id)).username,
    name: (id) => this.#names.text(this.#nameOf.get(id)),
    root: (id) => {
      const root = this.#rootOf.get(id)
      return root === NONE ? undefined : this.#roots.text(root)
    },
    size: (id) => (this.#rootOf.get(id) === NONE ? undefined : this.#sizes.get(id)),
    publishedAt: (id) => new Date(this.#times.get(id)),
  }
}

interface OfferReader {
  username(id: number): string
  name(id: number): string
  root(id: number): string | undefined
  size(id: number): number | undefined
  publishedAt(id: number): Date
}

/** An offer of which only what is asked for is read: a search asks of thousands who it is that offers. */
class Offer implements CatalogueEntry {
  readonly #reader: OfferReader
  readonly #id: number

  constructor(reader: OfferReader, id: number) {
    this.#reader = reader
    this.#id = id
  }

  get username(): string {
    return this.#reader.username(this.#id)
  }

  get name(): string {
    return this.#reader.name(this.#id)
  }

  // The interface has them absent or of a value, which a getter cannot be.
  get root(): string {
    return this.#reader.root(this.#id) as string
  }

  get size(): number {
    return this.#reader.size(this.#id) as number
  }

  get publishedAt(): Date {
    return this.#reader.publishedAt(this.#id)
  }
}

// Of two small numbers; the buckets are taken by the low bits.
function hashPair(owner: number, name: number): number {
  const mixed = Math.imul(name, 0x9e3779b1) ^ Math.imul(owner, 0x85ebca6b)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
