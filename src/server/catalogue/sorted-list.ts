/** What ids in a {@link SortedList} are in order by. */
export interface IdOrder {
  /** What they are sorted by; 0 for one that is gone. */
  rank(id: number): number
  /** Up to this one, ids are in order by themselves, gone or not. */
  readonly ordered: number
}

/** Reads ids that are in order and lie in blocks. */
export class SortedList {
  readonly #blocks: readonly Uint32Array[]
  readonly #order: IdOrder
  // Ids that are left from the present place on.
  #left: number
  #block = 0
  #at = 0

  /** @param count - how many of the ids there are in order; what is behind them is not read */
  constructor(blocks: readonly Uint32Array[], count: number, order: IdOrder) {
    let end = 0
    for (let room = count; room > 0; end++) room -= (blocks[end] as Uint32Array).length
    this.#blocks = blocks.slice(0, end)
    this.#left = count
    this.#order = order
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
    while (this.#block < low) this.#skipBlock()
    for (let id = this.peek(); id !== undefined && this.#order.rank(id) < rank; id = this.peek()) this.skip()
  }

  #firstRank(block: number): number | undefined {
    for (const id of this.#blocks[block] as Uint32Array) {
      const rank = this.#order.rank(id)
      if (rank > 0) return rank
    }
    return undefined
  }

  #skipBlock(): void {
    this.#left -= (this.#blocks[this.#block] as Uint32Array).length - this.#at
    this.#block++
    this.#at = 0
  }

  /** The id at the present place; undefined at the end. It may be gone. */
  peek(): number | undefined {
    if (this.#left <= 0) return undefined
    const ids = this.#blocks[this.#block] as Uint32Array
    if (this.#at < ids.length) return ids[this.#at]
    this.#block++
    this.#at = 0
    return this.#blocks[this.#block]?.[0]
  }

  /** Goes on to the next one. */
  skip(): void {
    this.#at++
    this.#left--
  }

  /** Whether one of the ordered ids is in the list. Goes to its place: they are asked for in order. */
  has(id: number): boolean {
    const { ordered } = this.#order
    for (;;) {
      const next = this.#blocks[this.#block + 1]?.[0]
      if (next === undefined || next > ordered || next > id) break
      this.#skipBlock()
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
