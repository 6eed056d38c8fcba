/** Ids by their rank, the first ones first, sorted no further than they are asked for (incremental quicksort). */
export class RankedIds {
  #ids = new Uint32Array(1024)
  #ranks = new Float64Array(1024)
  #count = 0
  #taken = 0
  // Where what is behind is not before what is in front; the nearest is the last.
  readonly #pivots: number[] = []

  /** Forgets all of them, and makes room. */
  reset(most: number): void {
    if (this.#ids.length < most) {
      this.#ids = new Uint32Array(most)
      this.#ranks = new Float64Array(most)
    }
    this.#count = 0
    this.#taken = 0
    this.#pivots.length = 0
  }

  /** Adds one, before the first is taken. */
  add(id: number, rank: number): void {
    this.#ids[this.#count] = id
    this.#ranks[this.#count++] = rank
  }

  /** The id of the next rank; undefined when there is no other. One that was added twice comes twice. */
  take(): number | undefined {
    if (this.#taken === this.#count) return undefined
    if (this.#taken === 0) this.#pivots.push(this.#count)
    for (;;) {
      const end = this.#pivots[this.#pivots.length - 1] as number
      if (end === this.#taken) break
      this.#pivots.push(this.#divide(this.#taken, end))
    }
    this.#pivots.pop()
    return this.#ids[this.#taken++]
  }

  // Stops at what is equal from both sides, so that many equal ones do not make it slow.
  #divide(from: number, to: number): number {
    const ranks = this.#ranks
    this.#swap(from, from + ((to - from) >> 1))
    const pivot = ranks[from] as number
    let low = from
    let high = to
    for (;;) {
      do low++
      while (low < to && (ranks[low] as number) < pivot)
      do high--
      while ((ranks[high] as number) > pivot)
      if (low >= high) break
      this.#swap(low, high)
    }
    this.#swap(from, high)
    return high
  }

  #swap(a: number, b: number): void {
    const [ids, ranks] = [this.#ids, this.#ranks]
    const [id, rank] = [ids[a] as number, ranks[a] as number]
    ids[a] = ids[b] as number
    ranks[a] = ranks[b] as number
    ids[b] = id
    ranks[b] = rank
  }
}
