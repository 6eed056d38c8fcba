import { GRAMS } from './grams.js'

const SEGMENT_BITS = 18
const SEGMENT = 1 << SEGMENT_BITS
const MASK = SEGMENT - 1

// The words of a block, by its kind: the first refers to the next block, the others are ids. A list begins with small
// ones, since most lists are short.
const BLOCK_WORDS = [8, 32, 128, 512]
const KIND_MASK = 7

/**
 * For each gram the ids of the names that have it, in no order; in blocks that are taken from segments of memory and
 * never moved. Ids of names that are gone stay in the lists until {@link GramLists.sweep} has come by.
 */
export class GramLists {
  readonly #segments: Uint32Array[] = []
  // A reference is the place of a block and its kind. The block that a list begins with may have room.
  readonly #heads = new Uint32Array(GRAMS)
  readonly #used = new Uint16Array(GRAMS)
  readonly #counts = new Uint32Array(GRAMS)
  readonly #freed: number[][] = BLOCK_WORDS.map(() => [])
  // Place 0 is no block.
  #next = 8
  #total = 0
  #sweepGram = GRAMS
  #sweepBlock = 0

  /** How many ids a range of grams has in its lists. */
  count(from: number, to: number): number {
    if (to - from === 1) return this.#counts[from] as number
    let count = 0
    for (let gram = from; gram < to; gram++) count += this.#counts[gram] as number
    return count
  }

  /** How many ids there are in all lists. */
  get total(): number {
    return this.#total
  }

  /** Adds an id to the list of a gram. */
  add(gram: number, id: number): void {
    const head = this.#heads[gram] as number
    const used = this.#used[gram] as number
    if (head === 0 || used === (BLOCK_WORDS[head & KIND_MASK] as number)) {
      const block = this.#allocate(this.#counts[gram] as number)
      this.#word(block, 0, head)
      this.#word(block, 1, id)
      this.#heads[gram] = block
      this.#used[gram] = 2
    } else {
      this.#word(head, used, id)
      this.#used[gram] = used + 1
    }
    ;(this.#counts[gram] as number)++
    this.#total++
  }

  #word(block: number, at: number, value: number): void {
    const place = (block & ~KIND_MASK) >>> 0
    const segment = this.#segments[place >>> SEGMENT_BITS] as Uint32Array
    segment[(place & MASK) + at] = value
  }

  #allocate(count: number): number {
    const kind = count < 7 ? 0 : count < 100 ? 1 : count < 2000 ? 2 : 3
    const freed = this.#freed[kind]?.pop()
    if (freed !== undefined) return freed
    const words = BLOCK_WORDS[kind] as number
    // None lies across two segments.
    if ((this.#next & MASK) + words > SEGMENT) this.#next = ((this.#next >>> SEGMENT_BITS) + 1) * SEGMENT
    const place = this.#next
    this.#next += words
    if (this.#segments.length <= place >>> SEGMENT_BITS) this.#segments.push(new Uint32Array(SEGMENT))
    return (place | kind) >>> 0
  }

  /** Copies the ids of a list. @returns the place behind the last one */
  copy(gram: number, into: Uint32Array, at: number): number {
    let end = at
    let used = this.#used[gram] as number
    for (let block = this.#heads[gram] as number; block !== 0; ) {
      const place = (block & ~KIND_MASK) >>> 0
      const segment = this.#segments[place >>> SEGMENT_BITS] as Uint32Array
      const start = place & MASK
      for (let word = 1; word < used; word++) into[end++] = segment[start + word] as number
      block = segment[start] as number
      used = BLOCK_WORDS[block & KIND_MASK] as number
    }
    return end
  }

  /** Whether a sweep has come to its end, or none was begun. */
  get isSwept(): boolean {
    return this.#sweepGram === GRAMS
  }

  /** Begins to sweep: {@link GramLists.sweep} does it, bit by bit. */
  beginSweep(): void {
    this.#sweepGram = 0
    this.#sweepBlock = 0
  }

  /** Takes ids of names that are gone out of the lists, looking at about so many. */
  sweep(isGone: (id: number) => boolean, work: number): void {
    for (let left = work; left > 0 && this.#sweepGram < GRAMS; ) {
      const gram = this.#sweepGram
      const block = this.#sweepBlock === 0 ? (this.#heads[gram] as number) : this.#sweepBlock
      if (block === 0) {
        this.#sweepGram++
        // Looking at an empty list is hardly any work, yet it is some.
        left -= 0.1
        continue
      }
      left -= BLOCK_WORDS[block & KIND_MASK] as number
      this.#sweepBlock = this.#sweepOne(gram, block, isGone)
      if (this.#sweepBlock === 0) this.#sweepGram++
    }
  }

  // The places of those that are gone are filled from the beginning of the list, where nobody is gone any more.
  #sweepOne(gram: number, block: number, isGone: (id: number) => boolean): number {
    const place = (block & ~KIND_MASK) >>> 0
    const segment = this.#segments[place >>> SEGMENT_BITS] as Uint32Array
    const start = place & MASK
    const next = segment[start] as number
    const end = BLOCK_WORDS[block & KIND_MASK] as number
    for (let word = 1; word < (this.#heads[gram] === block ? (this.#used[gram] as number) : end); ) {
      if (!isGone(segment[start + word] as number)) {
        word++
        continue
      }
      const wasHead = this.#heads[gram] === block
      segment[start + word] = this.#takeLast(gram)
      // All of them were gone, and the block is given back.
      if (wasHead && this.#heads[gram] !== block) return next
    }
    return next
  }

  #takeLast(gram: number): number {
    const head = this.#heads[gram] as number
    const place = (head & ~KIND_MASK) >>> 0
    const segment = this.#segments[place >>> SEGMENT_BITS] as Uint32Array
    const used = (this.#used[gram] as number) - 1
    const id = segment[(place & MASK) + used] as number
    ;(this.#counts[gram] as number)--
    this.#total--
    this.#used[gram] = used
    if (used === 1) {
      const next = segment[place & MASK] as number
      this.#heads[gram] = next
      this.#used[gram] = next === 0 ? 0 : (BLOCK_WORDS[next & KIND_MASK] as number)
      this.#freed[head & KIND_MASK]?.push(head)
    }
    return id
  }
}
