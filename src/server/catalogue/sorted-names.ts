import type { Range } from './catalogue-store.js'

// Names in one run: a search of its halves is short, and making room in it moves 4 KB.
const MAX_RUN = 512

/**
 * Names in order, as UTF-16 code units sort. They lie in runs, each a sorted list: a name is put into its run and moves
 * only the others of it, so that a million of them can be added one by one, in whatever order, with reads in between.
 */
export class SortedNames {
  // None is empty, and each ends before the next begins.
  readonly #runs: string[][] = []

  /**
   * Adds a name.
   * @returns whether it is new
   */
  add(name: string): boolean {
    const index = this.#runOf(name)
    const run = this.#runs[index]
    if (run === undefined) {
      this.#runs.push([name])
      return true
    }
    const place = lowerBound(run, name)
    if (run[place] === name) return false
    const isLast = index === this.#runs.length - 1 && place === run.length
    // What comes in order fills run after run to the end.
    if (isLast && run.length >= MAX_RUN) this.#runs.push([name])
    else run.splice(place, 0, name)
    if (run.length > MAX_RUN) this.#runs.splice(index + 1, 0, run.splice(MAX_RUN / 2))
    return true
  }

  /**
   * Takes a name out.
   * @returns whether it was there
   */
  delete(name: string): boolean {
    const index = this.#runOf(name)
    const run = this.#runs[index]
    if (run === undefined) return false
    const place = lowerBound(run, name)
    if (run[place] !== name) return false
    run.splice(place, 1)
    if (run.length === 0) this.#runs.splice(index, 1)
    return true
  }

  /** The names of a range that match, in order. It looks no further than the last one that it gives. */
  select(range: Range, matches: (name: string) => boolean = () => true): string[] {
    const { prefix = '', after, limit = Number.POSITIVE_INFINITY } = range
    const found: string[] = []
    const from = after === undefined || after < prefix ? prefix : after
    let index = this.#runOf(from)
    let place = lowerBound(this.#runs[index] ?? [], from)
    for (; index < this.#runs.length; index++, place = 0) {
      const run = this.#runs[index] as string[]
      for (; place < run.length; place++) {
        const name = run[place] as string
        if (found.length >= limit || !name.startsWith(prefix)) return found
        if (name !== after && matches(name)) found.push(name)
      }
    }
    return found
  }

  // The run that a name is in, or would be put into: the last one that does not begin behind it.
  #runOf(name: string): number {
    let low = 0
    let high = this.#runs.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#runs[middle]?.[0] as string) <= name) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** Where the first item stands that is not before the name. */
function lowerBound(run: readonly string[], name: string): number {
  let low = 0
  let high = run.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((run[middle] as string) < name) low = middle + 1
    else high = middle
  }
  return low
}
