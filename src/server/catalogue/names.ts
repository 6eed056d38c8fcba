import { Column } from './column.js'
import { foldedApart } from './fold.js'
import { GramLists } from './gram-lists.js'
import { NameGrams, SIGNATURE_WORDS } from './grams.js'
import { NameOrder } from './name-order.js'
import type { NameQuery } from './name-query.js'
import { NONE } from './none.js'
import { RunFilters } from './run-filters.js'
import type { Place } from './sorted-ids.js'
import { TextTable } from './text-table.js'
import { compareBytes } from './utf16-order.js'

// Of a name that is gone, until no list holds its id any more.
const GONE = 0xffff

// Lists are swept when a quarter of the names in them are gone; with each name that is added or taken out by so many
// entries, so that it is done long before the next quarter is gone.
const SWEEP_AT_LEAST = 4096
const SWEEP_WORK = 2000

/** The names of a catalogue: each once, in order, and found by what they contain. */
export class Names {
  readonly filters = new RunFilters()
  readonly order: NameOrder = new NameOrder({
    added: (run) => this.#addRun(run),
    removed: (run) => {
      this.filters.delete(run)
      if (run < this.#filterFrom) this.#filterFrom--
    },
  })
  readonly lists: GramLists = new GramLists((id) => this.rank(id))
  readonly #texts = new TextTable()
  readonly #grams = new NameGrams()
  // So many words for each name.
  // The bits that a name's signature lacks: of one that was never read, none.
  readonly #lacks = new Column(Uint32Array)
  // Bytes of the folded form behind the name, where it cannot be told byte by byte.
  readonly #foldedLengths = new Column(Uint16Array)
  // The ids from here to there are not in the lists yet.
  #listFrom = 1
  #listTo = 1
  #isLoading = false
  // Whether names were loaded in order.
  #isOrdered = true
  /** Up to this one, the ids are in the order of the names: those that were loaded. They are given out but once. */
  ordered = 0
  #filterFrom = 0
  #gone: number[] = []
  #swept: number[] = []

  /** How many there are. */
  get size(): number {
    return this.#texts.size
  }

  /** The id of a name, or NONE. */
  find(bytes: Uint8Array, from: number, to: number): number {
    if (this.#isIndexed) return this.#texts.find(bytes, from, to)
    // Not all are indexed yet, and to look among those in order takes a few microseconds.
    const id = this.order.read(this.#placeOf(bytes, from, to)) ?? NONE
    return id !== NONE && this.#compare(id, bytes, from, to) === 0 ? id : NONE
  }

  /** The id of a name, which is added where it is not there. */
  ensure(bytes: Uint8Array, from: number, to: number): number {
    const known = this.find(bytes, from, to)
    return known === NONE ? this.add(bytes, from, to) : known
  }

  /**
   * Makes ready for so many names, which come in order, more or less. They are found by what they contain only when
   * {@link Names.prepare} has come by; until then names are looked at one by one.
   */
  beginLoad(count: number): void {
    this.#texts.reserve(count)
    this.#isLoading = true
  }

  /** Ends it. */
  endLoad(): void {
    this.#isLoading = false
    this.#listTo = this.#texts.size + 1
    this.ordered = this.#isOrdered ? this.#texts.size : 0
  }

  /** Whether the lists have all names. */
  get isListed(): boolean {
    return this.#listFrom === this.#listTo
  }

  // Whether each name can be found by its hash.
  get #isIndexed(): boolean {
    return this.isListed && !this.#isLoading
  }

  /** Prepares some of the names that were loaded for being searched. @returns whether all are */
  prepare(count: number): boolean {
    let left = count
    for (; left > 0 && this.#listFrom < this.#listTo; left--) {
      const id = this.#listFrom++
      if (!this.isThere(id)) continue
      this.#texts.index(id)
      this.#list(id, id <= this.ordered)
    }
    for (; left > 0 && this.#filterFrom < this.filters.runs; this.#filterFrom++) {
      if (!this.filters.isKnown(this.#filterFrom)) left -= this.#filter(this.#filterFrom)
    }
    return this.isListed && this.#filterFrom >= this.filters.runs
  }

  #list(id: number, isLast = false): void {
    const { grams, count, signature } = this.#gramsOf(id)
    this.lists.beginName()
    for (let at = 0; at < count; at++) this.lists.add(grams[at] as number, id, isLast)
    for (let at = 0; at < SIGNATURE_WORDS; at++) {
      this.#lacks.set(SIGNATURE_WORDS * id + at, ~(signature[at] as number))
    }
  }

  /** Adds a name that is not there. @param isLast - whether it comes behind all others */
  add(bytes: Uint8Array, from: number, to: number, isLast = false): number {
    const folded = foldedApart(bytes, from, to)
    const isIndexed = this.#isIndexed
    const id = isIndexed
      ? this.#texts.add(bytes, from, to, folded)
      : this.#texts.append(bytes, from, to, folded)
    // That of an id that was not given out before is 0.
    if (folded !== undefined) this.#foldedLengths.set(id, folded.length)
    const run = this.order.insert(isLast ? this.order.end() : this.#placeOf(bytes, from, to), id)
    if (this.#isLoading) {
      this.#isOrdered &&= isLast
      return id
    }
    if (isIndexed) {
      this.#list(id)
    } else {
      // Those that were loaded come first.
      this.#signAll(id)
      this.#gramsOf(id)
      this.#listTo = id + 1
    }
    this.filters.add(run, this.#grams)
    this.#sweep()
    return id
  }

  // Whatever it contains, it must be looked at.
  #signAll(id: number): void {
    for (let at = 0; at < SIGNATURE_WORDS; at++) this.#lacks.set(SIGNATURE_WORDS * id + at, 0)
  }

  #gramsOf(id: number): NameGrams {
    const start = this.#texts.start(id)
    const end = start + this.#texts.length(id)
    const folded = this.#foldedLengths.get(id)
    if (folded === 0) this.#grams.read(this.#texts.segment(id), start, end)
    else this.#grams.read(this.#texts.segment(id), end, end + folded)
    return this.#grams
  }

  // What a run knows of its names cannot be divided: both halves are looked at anew.
  #addRun(run: number): void {
    const isKnown = run === 0 ? !this.#isLoading : this.filters.isKnown(run - 1)
    this.filters.insert(run)
    if (run < this.#filterFrom) this.#filterFrom++
    if (!isKnown) return
    const moved = this.order.run(run) as Uint32Array
    if (moved.length > 0) this.#filter(run - 1)
    this.#filter(run)
  }

  #filter(run: number): number {
    const ids = this.order.run(run) as Uint32Array
    this.filters.begin(run)
    for (const id of ids) this.filters.add(run, this.#gramsOf(id))
    return ids.length
  }

  /** Takes a name out. */
  delete(id: number): void {
    this.order.delete(id)
    this.#texts.delete(id, this.#foldedLengths.get(id), this.isListed || id < this.#listFrom)
    this.#gone.push(id)
    this.#sweep()
  }

  // An id is given out again only when no list can mean the former name by it.
  #sweep(): void {
    if (!this.isListed) return
    if (this.lists.isSwept) {
      for (let left = SWEEP_WORK; left > 0 && this.#swept.length > 0; left--) {
        const id = this.#swept.pop() as number
        this.#foldedLengths.set(id, 0)
        if (id > this.ordered) this.#texts.release(id)
      }
      if (this.#swept.length > 0 || this.#gone.length < Math.max(SWEEP_AT_LEAST, this.size / 4)) return
      this.#swept = this.#gone
      this.#gone = []
      for (const id of this.#swept) this.#foldedLengths.set(id, GONE)
      this.lists.beginSweep()
    }
    this.lists.sweep((id) => this.#foldedLengths.get(id) === GONE, SWEEP_WORK)
  }

  /** What ids are sorted by; 0 for one that is gone. */
  rank(id: number): number {
    return this.order.rank(id)
  }

  /** A name as text. */
  text(id: number): string {
    return this.#texts.text(id)
  }

  #placeOf(bytes: Uint8Array, from: number, to: number): Place {
    return this.order.find((other) => this.#compare(other, bytes, from, to) < 0)
  }

  #compare(id: number, bytes: Uint8Array, from: number, to: number): number {
    const start = this.#texts.start(id)
    return compareBytes(this.#texts.segment(id), start, start + this.#texts.length(id), bytes, from, to)
  }

  /** The first name of a range, and the rank that its last one is before. */
  range({ prefix = '', after }: { readonly prefix?: string; readonly after?: string }): {
    readonly from: Place
    readonly to: number
  } {
    const begin = Buffer.from(prefix)
    const to =
      prefix === ''
        ? Number.POSITIVE_INFINITY
        : this.order.rankAt(this.order.find((id) => !this.#isBehindPrefix(id, begin)))
    if (after === undefined || after < prefix) return { from: this.#placeOf(begin, 0, begin.length), to }
    const last = Buffer.from(after)
    return { from: this.order.find((id) => this.#compare(id, last, 0, last.length) <= 0), to }
  }

  #isBehindPrefix(id: number, prefix: Buffer): boolean {
    const start = this.#texts.start(id)
    const shared = Math.min(this.#texts.length(id), prefix.length)
    return compareBytes(this.#texts.segment(id), start, start + shared, prefix, 0, prefix.length) > 0
  }

  /** Whether a name may match, by one look. */
  mayMatch(id: number, { signature }: NameQuery): boolean {
    for (let at = 0; at < SIGNATURE_WORDS; at++) {
      const wanted = signature[at] as number
      if (wanted !== 0 && (this.#lacks.get(SIGNATURE_WORDS * id + at) & wanted) !== 0) return false
    }
    return true
  }

  /** Whether a name matches. */
  matches(id: number, query: NameQuery): boolean {
    const start = this.#texts.start(id)
    const end = start + this.#texts.length(id)
    const folded = query.matchCase ? 0 : this.#foldedLengths.get(id)
    if (folded === 0) return query.matches(this.#texts.segment(id), start, end, false)
    return query.matches(this.#texts.segment(id), end, end + folded, true)
  }

  /** Whether an id stands for a name now. */
  isThere(id: number): boolean {
    return id !== NONE && this.order.rank(id) > 0
  }
}
