import type { IdBlocks } from './id-blocks.js'

/** What ids in a {@link SortedList} are in order by. */
export interface IdOrder {
  /** What they are sorted by; 0 for one that is gone. */
  rank(id: number): number
  /** Up to this one, ids are in order by themselves, gone or not. */
  readonly ordered: number
}

// The first word of a block refers to another one.
const FIRST = 1

/** Reads ids that are in order and lie in blocks. */
export class SortedList {
  readonly #memory: IdBlocks
  readonly #blocks: readonly number[]
  readonly #order: IdOrder
  // Behind the last id of the last block.
  readonly #lastEnd: number
  // The present block, its words, the place in it, and the end of its ids.
  #block = -1
  #words: Uint32Array = nothing
  #at = 0
  #end = 0

  /**
   * @param blocks - all but the last one full
   * @param count - how many of the ids there are in order; what is behind them is not read
   */
  constructor(memory: IdBlocks, blocks: readonly number[], count: number, order: IdOrder) {
    let [end, left] = [0, count]
    for (; left > 0; end++) left -= memory.length(blocks[end] as number) - FIRST
    this.#memory = memory
    this.#blocks = blocks.slice(0, end)
    // What is left is below 0 by as many as the last block has behind them.
    this.#lastEnd = end === 0 ? 0 : memory.length(blocks[end - 1] as number) + left
    this.#order = order
    this.#open(0)
  }

  #open(block: number): void {
    this.#block = block
    this.#at = FIRST
    this.#end = 0
    if (block >= this.#blocks.length) return
    this.#words = this.#memory.words(this.#blocks[block] as number)
    this.#end = this.#endOf(block)
  }

  #endOf(block: number): number {
    return block === this.#blocks.length - 1
      ? this.#lastEnd
      : this.#memory.length(this.#blocks[block] as number)
  }

  /** Goes to the first id whose rank is not below this one, which is not before the present place. */
  seek(rank: number): void {
    // The last block that begins below it; of blocks where all are gone nothing is known.
    let [low, high] = [this.#block, this.#blocks.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      const first = this.#firstRank(middle)
      if (first !== undefined && first < rank) low = middle
      else high = middle
    }
    if (low > this.#block) this.#open(low)
    for (let id = this.peek(); id !== undefined && this.#order.rank(id) < rank; id = this.peek()) this.skip()
  }

  #firstRank(block: number): number | undefined {
    const end = this.#endOf(block)
    for (let at = FIRST; at < end; at++) {
      const rank = this.#order.rank(this.#memory.get(this.#blocks[block] as number, at))
      if (rank > 0) return rank
    }
    return undefined
  }

  /** The id at the present place; undefined at the end. It may be gone. */
  peek(): number | undefined {
    if (this.#at === this.#end) this.#open(this.#block + 1)
    return this.#at < this.#end ? this.#words[this.#at] : undefined
  }

  /** Goes on to the next one, where there is one. */
  skip(): void {
    this.#at++
  }

  /** Whether one of the ordered ids is in the list. Goes to its place: they are asked for in order. */
  has(id: number): boolean {
    const { ordered } = this.#order
    while (this.#block + 1 < this.#blocks.length) {
      const next = this.#memory.get(this.#blocks[this.#block + 1] as number, FIRST)
      if (next > ordered || next > id) break
      this.#open(this.#block + 1)
    }
    for (let other = this.peek(); other !== undefined; other = this.peek()) {
      if (other === id) return true
      const isBefore = other <= ordered ? other < id : this.#order.rank(other) < this.#order.rank(id)
      if (!isBefore) return false
      this.skip()
    }
    return false
  }
}

const nothing = new Uint32Array(0)
