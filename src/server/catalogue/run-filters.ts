import type { NameGrams } from './grams.js'

// For the names of one run together: a bit for each gram that any of them has. Half of the bits are set where the names
// of a run have little in common.
const BITS = 8192
const SHIFT = 32 - Math.log2(BITS)

/** Tells of runs of names that none of them can have the grams of a query: a whole run is passed over at one look. */
export class RunFilters {
  // Undefined for one that was not looked at yet.
  readonly #filters: (Uint32Array | undefined)[] = []

  /** Makes room for a run at this place; nothing is known of its names. */
  insert(run: number): void {
    this.#filters.splice(run, 0, undefined)
  }

  /** How many runs there are. */
  get runs(): number {
    return this.#filters.length
  }

  /** Whether something is known of the names of a run. */
  isKnown(run: number): boolean {
    return this.#filters[run] !== undefined
  }

  /** Forgets a run. */
  delete(run: number): void {
    this.#filters.splice(run, 1)
  }

  /** Begins anew: from here on it is known of a run what is added. */
  begin(run: number): void {
    this.#filters[run] = this.#filters[run]?.fill(0) ?? new Uint32Array(BITS / 32)
  }

  /** Adds a name to a run. */
  add(run: number, { grams, count }: NameGrams): void {
    const filter = this.#filters[run]
    if (filter === undefined) return
    for (let at = 0; at < count; at++) {
      const bit = Math.imul(grams[at] as number, 0x9e3779b1) >>> SHIFT
      ;(filter[bit >>> 5] as number) |= 1 << (bit & 31)
    }
  }

  /** Whether a name of this run may have all these grams. */
  mayHave(run: number, grams: readonly number[]): boolean {
    const filter = this.#filters[run]
    if (filter === undefined) return true
    for (const gram of grams) {
      const bit = Math.imul(gram, 0x9e3779b1) >>> SHIFT
      if (((filter[bit >>> 5] as number) & (1 << (bit & 31))) === 0) return false
    }
    return true
  }
}
