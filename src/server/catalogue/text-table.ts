import { Column, Ids } from './column.js'
import { LinearHash } from './linear-hash.js'
import { NONE } from './none.js'
import type { Texts } from './text-cursor.js'

const SEGMENT_BYTES = 1 << 20

// Slots are so many bytes, or a multiple: what one text leaves behind, another of about its length takes.
const GRAIN = 8
const GRAINS_A_SEGMENT = SEGMENT_BYTES / GRAIN
const SEGMENT_SHIFT = Math.log2(GRAINS_A_SEGMENT)

/** Texts as UTF-8, each kept once, outside the heap that the garbage collector walks. */
export class TextTable {
  readonly #ids = new Ids()
  readonly #segments: Buffer[] = []
  // Where each begins, in grains from the beginning of the first segment; and its bytes.
  readonly #places = new Column(Uint32Array)
  readonly #lengths = new Column(Uint16Array)
  // A hash of a text is found again in less time than keeping all of them is worth memory.
  readonly #byHash = new LinearHash((id) => this.#hashOf(id))
  readonly #freed: number[][] = []
  // Nobody can choose names that all fall into one bucket without knowing it.
  readonly #seed = Math.floor(Math.random() * 2 ** 32) | 0
  #nextGrain = 0
  #size = 0

  /** How many texts there are. */
  get size(): number {
    return this.#size
  }

  /** Makes room for so many at once, while there are none. */
  reserve(count: number): void {
    this.#byHash.reserve(count)
  }

  /** The id of a text, or NONE. */
  find(bytes: Uint8Array, from: number, to: number): number {
    return this.#find(bytes, from, to, this.#hash(bytes, from, to))
  }

  #find(bytes: Uint8Array, from: number, to: number, hash: number): number {
    for (let id = this.#byHash.first(hash); id !== NONE; id = this.#byHash.after(id)) {
      if (this.#equals(id, bytes, from, to)) return id
    }
    return NONE
  }

  /** The hashes of many texts that are to be looked for, or added, soon. */
  hashAll({ bytes, ends }: Texts): Uint32Array {
    const hashes = new Uint32Array(ends.length)
    let from = 0
    for (let at = 0; at < ends.length; at++) {
      const to = ends[at] as number
      hashes[at] = this.#hash(bytes, from, to)
      from = to + 1
    }
    this.#preload(hashes)
    return hashes
  }

  // A text that is looked for waits up to four times for memory that no cache holds. Here nothing of one waits for the
  // next, so that the waits of many are over at once; when the texts themselves are looked for, a cache holds it.
  #preload(hashes: Uint32Array): void {
    const ids = new Uint32Array(hashes.length)
    const read = new Uint32Array(hashes.length)
    for (let at = 0; at < ids.length; at++) ids[at] = this.#byHash.first(hashes[at] as number)
    for (let at = 0; at < ids.length; at++) {
      const id = ids[at] as number
      if (id !== NONE) read[at] = this.#lengths.get(id) + this.#byHash.after(id) + this.#places.get(id)
    }
    for (let at = 0; at < ids.length; at++) {
      const id = ids[at] as number
      if (id !== NONE) read[at] = this.segment(id)[this.start(id)] as number
    }
  }

  /** The id of a text, which is added where it is not there. */
  ensure(bytes: Uint8Array, from: number, to: number, hash = this.#hash(bytes, from, to)): number {
    const known = this.#find(bytes, from, to, hash)
    return known === NONE ? this.add(bytes, from, to, nothing, hash) : known
  }

  /**
   * Adds a text that is not there.
   *
   * @param more - bytes that are kept behind it and do not belong to it
   */
  add(
    bytes: Uint8Array,
    from: number,
    to: number,
    more = nothing,
    hash = this.#hash(bytes, from, to),
  ): number {
    const id = this.append(bytes, from, to, more)
    this.#byHash.add(id, hash)
    return id
  }

  /** The same, but that the text is not found before it was indexed. */
  append(bytes: Uint8Array, from: number, to: number, more = nothing): number {
    const id = this.#ids.take()
    const length = to - from
    const place = this.#allocate(length + more.length)
    this.#places.set(id, place)
    this.#lengths.set(id, length)
    const segment = this.#segments[place >>> SEGMENT_SHIFT] as Buffer
    const start = (place & (GRAINS_A_SEGMENT - 1)) * GRAIN
    for (let at = 0; at < length; at++) segment[start + at] = bytes[from + at] as number
    if (more.length > 0) segment.set(more, start + length)
    this.#size++
    return id
  }

  /** Lets a text be found that was appended. */
  index(id: number): void {
    this.#byHash.add(id, this.#hashOf(id))
  }

  /**
   * Takes a text out. Its id keeps its meaning for nobody, and is not given out before {@link TextTable.release}.
   *
   * @param moreBytes - that are kept behind it
   * @param isIndexed - false for one that was appended and no more
   */
  delete(id: number, moreBytes = 0, isIndexed = true): void {
    if (isIndexed) this.#byHash.delete(id, this.#hashOf(id))
    const grains = grainsOf(this.#lengths.get(id) + moreBytes)
    const freed = this.#freed[grains] ?? []
    this.#freed[grains] = freed
    freed.push(this.#places.get(id))
    this.#size--
  }

  /** Lets the id of a deleted text be given out again. */
  release(id: number): void {
    this.#ids.free(id)
  }

  /** The text of an id. */
  text(id: number): string {
    const start = this.start(id)
    return this.segment(id).toString('utf8', start, start + this.#lengths.get(id))
  }

  /** Where the bytes of a text are, together with {@link TextTable.start} and {@link TextTable.length}. */
  segment(id: number): Buffer {
    return this.#segments[this.#places.get(id) >>> SEGMENT_SHIFT] as Buffer
  }

  /** Where a text begins in its segment. */
  start(id: number): number {
    return (this.#places.get(id) & (GRAINS_A_SEGMENT - 1)) * GRAIN
  }

  /** Its bytes. */
  length(id: number): number {
    return this.#lengths.get(id)
  }

  #equals(id: number, bytes: Uint8Array, from: number, to: number): boolean {
    if (this.#lengths.get(id) !== to - from) return false
    const segment = this.segment(id)
    const shift = this.start(id) - from
    for (let at = from; at < to; at++) if (segment[shift + at] !== bytes[at]) return false
    return true
  }

  #allocate(bytes: number): number {
    const grains = grainsOf(bytes)
    const freed = this.#freed[grains]?.pop()
    if (freed !== undefined) return freed
    const left = GRAINS_A_SEGMENT - (this.#nextGrain % GRAINS_A_SEGMENT)
    // None lies across two segments.
    if (left < grains) this.#nextGrain += left
    const place = this.#nextGrain
    this.#nextGrain += grains
    const wanted = place >>> SEGMENT_SHIFT
    if (this.#segments.length <= wanted) this.#segments.push(Buffer.allocUnsafeSlow(SEGMENT_BYTES))
    return place
  }

  #hashOf(id: number): number {
    const start = this.start(id)
    return this.#hash(this.segment(id), start, start + this.#lengths.get(id))
  }

  // FNV-1a, and a last mixing, since the buckets are taken by the low bits.
  #hash(bytes: Uint8Array, from: number, to: number): number {
    let hash = this.#seed
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    return (hash ^ (hash >>> 13)) >>> 0
  }
}

const nothing: Uint8Array = new Uint8Array(0)
const grainsOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / GRAIN))
