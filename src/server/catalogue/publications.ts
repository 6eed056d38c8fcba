import { MAX_NAME_BYTES } from '../../wire/limits.js'
import { Audiences } from './audiences.js'
import type { CatalogueEntry, NamePage, Range, SearchFilter } from './catalogue-store.js'
import { Column, Ids } from './column.js'
import { LinearHash } from './linear-hash.js'
import { NameQuery } from './name-query.js'
import { NameSearcher } from './name-search.js'
import { Names } from './names.js'
import { NONE } from './none.js'
import { Offer, type OfferNumbers, type OfferReader } from './offer.js'
import { OfferLists } from './offer-lists.js'
import { OfferLoader } from './offer-loader.js'
import { type Owner, Owners } from './owners.js'
import { packRoot, unpackRoot } from './root-bytes.js'
import { TextTable } from './text-table.js'

// What it takes to ask whether an offer counts where the caller does not say, in the steps of name-search.ts.
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
  readonly #audienceOf = new Column(Uint32Array)
  readonly #audiences = new Audiences()
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
    return 3 * name.length > scratch.length ? NONE : this.#names.find(scratch, 0, scratch.write(name))
  }

  /** Whether an offer is of this content, for this audience. */
  isOf(id: number, { root, size, audience }: Pick<CatalogueEntry, 'root' | 'size' | 'audience'>): boolean {
    if (this.#audiences.text(this.#audienceOf.get(id)) !== audience) return false
    const known = this.#rootOf.get(id)
    if (known === NONE || root === undefined) return known === NONE && root === undefined
    return this.#rootText(known) === root && this.#sizes.get(id) === size
  }

  /**
   * Adds an offer that is not there.
   *
   * @param entry - one that passes {@link assertKeepable}
   * @param key - a number of the caller's that grows with each offer
   */
  add({ username, name, root, size, audience, publishedAt }: CatalogueEntry, key: number): void {
    const nameId = this.#names.ensure(scratch, 0, scratch.write(name))
    const rootBytes = Buffer.from(root ?? '')
    const audienceId = this.#audiences.take(audience)
    const offer = { size: size ?? 0, time: publishedAt.getTime(), key, audience: audienceId }
    this.#add(this.#owners.ensure(username), nameId, this.#rootId(rootBytes), offer)
  }

  #rootId(text: Uint8Array): number {
    if (text.length === 0) return NONE
    const root = packRoot(text, 0, text.length)
    return this.#roots.ensure(root, 0, root.length)
  }

  #rootText(rootId: number): string {
    const start = this.#roots.start(rootId)
    return unpackRoot(this.#roots.segment(rootId), start, start + this.#roots.length(rootId))
  }

  #add(owner: Owner, nameId: number, rootId: number, { size, time, key, audience }: OfferNumbers): void {
    const id = this.#ids.take()
    this.#nameOf.set(id, nameId)
    this.#ownerOf.set(id, owner.id)
    this.#rootOf.set(id, rootId)
    this.#sizes.set(id, size)
    this.#times.set(id, time)
    this.#keys.set(id, key)
    this.#audienceOf.set(id, audience)
    this.#byName.add(nameId, id)
    if (rootId !== NONE) this.#byRoot.add(rootId, id)
    this.#byPair.add(id, hashPair(owner.id, nameId))
    const { order } = this.#names
    const rank = order.rank(nameId)
    const end = owner.names.end()
    const last = owner.names.readBefore(end)
    const isLast = last === undefined || order.rank(last) < rank
    owner.names.insert(isLast ? end : owner.names.find((other) => order.rank(other) < rank), nameId)
    owner.count++
    this.#size++
  }

  /** Brings in what is in a file, into an empty model and before anything else is done. */
  loader(): OfferLoader {
    return new OfferLoader({
      names: this.#names,
      roots: this.#roots,
      owners: this.#owners,
      audiences: this.#audiences,
      byName: this.#byName,
      byRoot: this.#byRoot,
      reserve: (count) => this.#byPair.reserve(count),
      has: (owner, nameId) => this.#findPair(owner.id, nameId) !== NONE,
      add: (owner, nameId, rootId, numbers) => this.#add(owner, nameId, rootId, numbers),
      keyOf: (id) => this.#keys.get(id),
    })
  }

  /** Prepares some of what was loaded for being searched quickly. @returns whether all is */
  prepare(count: number): boolean {
    return this.#names.prepare(count)
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
    this.#audiences.give(this.#audienceOf.get(id))
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
    const text = Buffer.from(root)
    const bytes = packRoot(text, 0, text.length)
    const rootId = this.#roots.find(bytes, 0, bytes.length)
    if (rootId === NONE) return
    for (let id = this.#byRoot.first(rootId); id !== NONE; id = this.#byRoot.after(id)) yield this.#entry(id)
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
  search({
    words,
    matchCase = false,
    includes,
    cost = ASK,
    excludeOwner,
    limit = Infinity,
    ...range
  }: SearchFilter): NamePage {
    const excluded = excludeOwner === undefined ? undefined : this.#owners.find(excludeOwner)
    const { ids, end } = this.#searcher.find({
      ...range,
      query: new NameQuery(words, matchCase),
      // One more tells whether there is one more.
      limit: limit + 1,
      accept: (nameId) => this.#accept(nameId, includes, cost, excluded),
    })
    const names = ids.slice(0, limit).map((id) => this.#names.text(id))
    if (ids.length > limit) return { names, next: names.at(-1) as string }
    return end === undefined ? { names } : { names, next: this.#names.text(end) }
  }

  #accept(
    nameId: number,
    includes: SearchFilter['includes'],
    cost: number,
    excluded: Owner | undefined,
  ): number {
    let steps = cost
    if (excluded !== undefined && this.#findPair(excluded.id, nameId) !== NONE) return -steps
    for (let id = this.#byName.first(nameId); id !== NONE; id = this.#byName.after(id)) {
      if (includes(new Offer(this.#read, id))) return steps
      steps += cost
    }
    return -steps
  }

  #entry(id: number, name = this.#names.text(this.#nameOf.get(id))): CatalogueEntry {
    const root = this.#rootOf.get(id)
    const { username } = this.#owners.at(this.#ownerOf.get(id))
    const publishedAt = new Date(this.#times.get(id))
    const audience = this.#audiences.text(this.#audienceOf.get(id))
    const more = audience === undefined ? { publishedAt } : { audience, publishedAt }
    if (root === NONE) return { username, name, ...more }
    return { username, name, root: this.#rootText(root), size: this.#sizes.get(id), ...more }
  }

  readonly #read: OfferReader = {
    username: (id) => this.#owners.at(this.#ownerOf.get(id)).username,
    name: (id) => this.#names.text(this.#nameOf.get(id)),
    root: (id) => {
      const root = this.#rootOf.get(id)
      return root === NONE ? undefined : this.#rootText(root)
    },
    size: (id) => (this.#rootOf.get(id) === NONE ? undefined : this.#sizes.get(id)),
    audience: (id) => this.#audiences.text(this.#audienceOf.get(id)),
    publishedAt: (id) => new Date(this.#times.get(id)),
  }
}

// The buckets are taken by the low bits: names that lie one behind the other, of one owner, have neighbouring buckets.
const hashPair = (owner: number, name: number): number => (name + Math.imul(owner, 0x9e3779b1)) >>> 0
