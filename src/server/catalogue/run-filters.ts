import type { NameGrams } from './grams.js'

// For the names of one run together: a bit for each gram that any of them has. Half of the bits are set where the names
// of a run have little in common.
const BITS = 8192
const SHIFT = 32 - Math.log2(BITS)

// So many runs share a block: a word of it has, for one gram, the bits of all of them, so that a query looks at few
// words for many runs (a bit-sliced signature file, Roberts 1979).
const RUNS_A_BLOCK = 32

interface Block {
  readonly words: Uint32Array
  /** The runs of it of which nothing is known: they may have anything. */
  unknown: number
}

/** Tells of runs of names that none of them can have the grams of a query: all such are passed over at one look. */
export class RunFilters {
  readonly #blocks: Block[] = []
  // Where a run has its bits: it keeps its place while others come and go before it.
  readonly #places: number[] = []
  readonly #free: number[] = []
  // For each block the runs that may match the query.
  #found = new Uint32Array(16)

  /** Makes room for a run at this place; nothing is known of its names. */
  insert(run: number): void {
    if (this.#free.length === 0) this.#addBlock()
    const place = this.#free.pop() as number
    this.#places.splice(run, 0, place)
    this.#blockOf(place).unknown |= bitOf(place)
  }

  #addBlock(): void {
    const first = this.#blocks.length * RUNS_A_BLOCK
    this.#blocks.push({ words: new Uint32Array(BITS), unknown: 0 })
    for (let place = first + RUNS_A_BLOCK - 1; place >= first; place--) this.#free.push(place)
    if (this.#found.length < this.#blocks.length) this.#found = new Uint32Array(2 * this.#blocks.length)
  }

  #blockOf(place: number): Block {
    return this.#blocks[Math.floor(place / RUNS_A_BLOCK)] as Block
  }

  /** How many runs there are. */
  get runs(): number {
    return this.#places.length
  }

  /** Whether something is known of the names of a run. */
  isKnown(run: number): boolean {
    const place = this.#places[run]
    return place !== undefined && (this.#blockOf(place).unknown & bitOf(place)) === 0
  }

  /** Forgets a run. */
  delete(run: number): void {
    const [place] = this.#places.splice(run, 1) as [number]
    this.#free.push(place)
  }

  /** Begins anew: from here on it is known of a run what is added. */
  begin(run: number): void {
    const place = this.#places[run] as number
    const block = this.#blockOf(place)
    const others = ~bitOf(place)
    for (let at = 0; at < BITS; at++) (block.words[at] as number) &= others
    block.unknown &= others
  }

  /** Adds a name to a run. */
  add(run: number, { grams, count }: NameGrams): void {
    const place = this.#places[run] as number
    const { words, unknown } = this.#blockOf(place)
    const bit = bitOf(place)
    if ((unknown & bit) !== 0) return
    for (let at = 0; at < count; at++) (words[wordOf(grams[at] as number)] as number) |= bit
  }

  /** Finds the runs of which a name may have all these grams: {@link RunFilters.isFound} has them then. */
  find(grams: readonly number[]): void {
    const wanted = grams.map(wordOf)
    for (const [at, { words, unknown }] of this.#blocks.entries()) {
      let all = ~0
      for (const word of wanted) {
        all &= words[word] as number
        if (all === 0) break
      }
      this.#found[at] = all | unknown
    }
  }

  /** Whether a run was found. */
  isFound(run: number): boolean {
    const place = this.#places[run] as number
    return ((this.#found[Math.floor(place / RUNS_A_BLOCK)] as number) & bitOf(place)) !== 0
  }
}

const wordOf = (gram: number): number => Math.imul(gram, 0x9e3779b1) >>> SHIFT
const bitOf = (place: number): number => 1 << (place % RUNS_A_BLOCK)
