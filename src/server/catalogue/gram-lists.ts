import { GRAMS } from './grams.js'
import { IdBlocks, NO_BLOCK } from './id-blocks.js'
import { RankSorter } from './rank-sorter.js'
import { type IdOrder, SortedList } from './sorted-list.js'

// A list is sorted again when half of its ids, and so many, are not in order. Fewer are put in order as fast when they
// are looked for; and for a longer list the event loop would stand still too long: names that have such a gram are
// everywhere, and looking at one after the other finds them.
const MIN_UNSORTED = 2_048
const MAX_SORTED = RankSorter.most

// Ids that are sorted for each name that comes, at most: lists grow together, and after one of them was sorted the others
// wait until so many names have come as pay for it.
const SORTED_A_NAME = 32

// As much as a word of 16 bits counts.
const MANY = 0xffff

/**
 * For each gram the ids of the names that have it: first those that were sorted by the order of their names, then those
 * that came since. Ids of names that are gone stay in the lists until {@link GramLists.sweep} has come by.
 */
export class GramLists {
  readonly #blocks = new IdBlocks()
  // The newest block of each list, which may have room, and refers to the one before.
  readonly #heads = new Uint32Array(GRAMS)
  readonly #used = new Uint16Array(GRAMS)
  readonly #counts = new Uint32Array(GRAMS)
  // Ids that came since the list was sorted.
  readonly #unsorted = new Uint16Array(GRAMS)
  readonly #rankOf: (id: number) => number
  readonly #sorter = new RankSorter()
  // Of a list that is being sorted, those that were in order already.
  readonly #ids = new Uint32Array(MAX_SORTED)
  readonly #ranks = new Float64Array(MAX_SORTED)
  #credit = 0
  #sweepGram = GRAMS
  #sweepBlock = NO_BLOCK

  /** @param rankOf - what ids are sorted by */
  constructor(rankOf: (id: number) => number) {
    this.#rankOf = rankOf
  }

  /** How many ids a range of grams has in its lists. */
  count(from: number, to: number): number {
    if (to - from === 1) return this.#counts[from] as number
    let count = 0
    for (let gram = from; gram < to; gram++) count += this.#counts[gram] as number
    return count
  }

  /** How many ids of a list are in order. The others are behind them. */
  sortedCount(gram: number): number {
    const unsorted = this.#unsorted[gram] as number
    return unsorted === MANY ? 0 : (this.#counts[gram] as number) - unsorted
  }

  /** Adds an id to the list of a gram. @param isLast - whether all that have it already come before */
  add(gram: number, id: number, isLast: boolean): void {
    this.#append(gram, id)
    const unsorted = this.#unsorted[gram] as number
    if (isLast && unsorted === 0) return
    if (unsorted < MANY) this.#unsorted[gram] = unsorted + 1
    // Each time, since it may have to wait.
    if (this.#credit > 0 && this.#isToSort(gram)) this.#sort(gram)
  }

  /** A name has come, whose grams are to be added. */
  beginName(): void {
    this.#credit = Math.min(this.#credit + SORTED_A_NAME, SORTED_A_NAME)
  }

  #isToSort(gram: number): boolean {
    const [count, unsorted] = [this.#counts[gram] as number, this.#unsorted[gram] as number]
    return unsorted >= MIN_UNSORTED && 2 * unsorted >= count && count <= MAX_SORTED
  }

  #append(gram: number, id: number): void {
    const head = this.#heads[gram] as number
    const used = this.#used[gram] as number
    if (head === NO_BLOCK || used === this.#blocks.length(head)) {
      const block = this.#blocks.allocate(this.#counts[gram] as number)
      this.#blocks.set(block, 0, head)
      this.#blocks.set(block, 1, id)
      this.#heads[gram] = block
      this.#used[gram] = 2
    } else {
      this.#blocks.set(head, used, id)
      this.#used[gram] = used + 1
    }
    ;(this.#counts[gram] as number)++
  }

  /** Copies the last ids of a list. @returns the place behind them */
  copyLast(gram: number, count: number, into: Uint32Array, at: number): number {
    let left = count
    const end = at + count
    let used = this.#used[gram] as number
    for (let block = this.#heads[gram] as number; left > 0; ) {
      const words = this.#blocks.words(block)
      while (--used > 0 && left > 0) into[at + --left] = words[used] as number
      block = words[0] as number
      used = this.#blocks.length(block)
    }
    return end
  }

  /** The first ids of a list, so many of those that are in order. */
  sorted(gram: number, count: number, order: IdOrder): SortedList {
    return new SortedList(this.#blocks, count === 0 ? [] : this.#chain(gram), count, order)
  }

  /** The ids of a list, block by block. */
  ids(gram: number): Uint32Array[] {
    const chain = this.#chain(gram)
    const last = chain.length - 1
    return chain.map((block, at) =>
      this.#blocks.words(block).subarray(1, at === last ? this.#used[gram] : undefined),
    )
  }

  // The blocks, that of the first ids first. All but the last one are full.
  #chain(gram: number): number[] {
    const chain: number[] = []
    for (let block = this.#heads[gram] as number; block !== NO_BLOCK; block = this.#blocks.get(block, 0))
      chain.push(block)
    return chain.reverse()
  }

  // What came since is put into order, and both into one. Those that are gone are left out.
  #sort(gram: number): void {
    const count = this.#counts[gram] as number
    this.#credit -= count
    const blocks = this.ids(gram)
    const kept = this.#takeSorted(blocks, this.sortedCount(gram))
    const gone = count - kept - this.#sorter.count
    let [at, other] = [0, 0]
    let otherRank = this.#sorter.rank(0)
    let left = count - gone
    for (const block of blocks) {
      for (let word = 0; word < block.length && left > 0; word++, left--) {
        if (at < kept && (this.#ranks[at] as number) < otherRank) {
          block[word] = this.#ids[at++] as number
          continue
        }
        block[word] = this.#sorter.id(other++)
        otherRank = this.#sorter.rank(other)
      }
    }
    for (let dropped = 0; dropped < gone; dropped++) this.#dropLast(gram)
    this.#unsorted[gram] = 0
    // The block may have been given back.
    if (gram === this.#sweepGram) this.#sweepBlock = NO_BLOCK
  }

  // Divides a list into what is in order and what the sorter is to put into it. @returns how many the first part has
  #takeSorted(blocks: readonly Uint32Array[], sorted: number): number {
    this.#sorter.reset()
    let kept = 0
    let left = sorted
    for (const block of blocks) {
      for (const id of block) {
        const rank = this.#rankOf(id)
        const isSorted = left-- > 0
        if (rank === 0) continue
        if (!isSorted) {
          this.#sorter.add(id, rank)
          continue
        }
        this.#ids[kept] = id
        this.#ranks[kept++] = rank
      }
    }
    this.#sorter.sort()
    return kept
  }

  /** Whether a sweep has come to its end, or none was begun. */
  get isSwept(): boolean {
    return this.#sweepGram === GRAMS
  }

  /** Begins to sweep: {@link GramLists.sweep} does it, bit by bit. */
  beginSweep(): void {
    this.#sweepGram = 0
    this.#sweepBlock = NO_BLOCK
  }

  /** Takes ids of names that are gone out of the lists, looking at about so many. */
  sweep(isGone: (id: number) => boolean, work: number): void {
    for (let left = work; left > 0 && this.#sweepGram < GRAMS; ) {
      const gram = this.#sweepGram
      const block = this.#sweepBlock === NO_BLOCK ? (this.#heads[gram] as number) : this.#sweepBlock
      if (block === NO_BLOCK) {
        this.#sweepGram++
        // Looking at an empty list is hardly any work, yet it is some.
        left -= 0.1
        continue
      }
      left -= this.#blocks.length(block)
      this.#sweepBlock = this.#sweepOne(gram, block, isGone)
      if (this.#sweepBlock === NO_BLOCK) this.#sweepGram++
    }
  }

  // The places of those that are gone are filled from the newest block, where nobody is gone any more. That ends the order.
  #sweepOne(gram: number, block: number, isGone: (id: number) => boolean): number {
    const next = this.#blocks.get(block, 0)
    const end = this.#blocks.length(block)
    for (let word = 1; word < (this.#heads[gram] === block ? (this.#used[gram] as number) : end); ) {
      if (!isGone(this.#blocks.get(block, word))) {
        word++
        continue
      }
      const wasHead = this.#heads[gram] === block
      this.#blocks.set(block, word, this.#takeLast(gram))
      // All of them were gone, and the block is given back.
      if (wasHead && this.#heads[gram] !== block) return next
    }
    return next
  }

  #takeLast(gram: number): number {
    const id = this.#blocks.get(this.#heads[gram] as number, (this.#used[gram] as number) - 1)
    this.#dropLast(gram)
    this.#unsorted[gram] = MANY
    return id
  }

  #dropLast(gram: number): void {
    const head = this.#heads[gram] as number
    ;(this.#counts[gram] as number)--
    ;(this.#used[gram] as number)--
    if (this.#used[gram] !== 1) return
    const next = this.#blocks.get(head, 0)
    this.#heads[gram] = next
    this.#used[gram] = next === NO_BLOCK ? 0 : this.#blocks.length(next)
    this.#blocks.free(head)
  }
}
