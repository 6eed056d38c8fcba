import type { NameQuery } from './name-query.js'
import type { Names } from './names.js'
import { RankedIds } from './ranked-ids.js'
import type { Place } from './sorted-ids.js'

/**
 * How much one search may do, in steps of about 10 ns, and what its parts cost. So nobody can hold up the index by a
 * query, however it is made: what is not found by then is left to the next page.
 */
const WORK = 150_000
const PASS_RUN = 6
const STEP = 8
const MATCH = 12
const LIST = 3

// A list that is as short as this is looked through at once. Where it is longer, names are looked at in order first, for
// as much work as the list would take: what is frequent is found so long before.
const SHORT_LIST = 1_000

/** What to look for. */
export interface NameSearch {
  readonly query: NameQuery
  /** Only names that begin so. */
  readonly prefix?: string
  /** Only names behind this one. */
  readonly after?: string
  /** At most so many. */
  readonly limit: number
  /** Whether a name that matches counts. @returns the steps that it took to say so, negative where it does not */
  readonly accept: (id: number) => number
}

/** What was found. */
export interface NamesFound {
  /** In order. */
  readonly ids: readonly number[]
  /** The name up to which it was looked, where that is not the end. */
  readonly end?: number
}

/** Finds names. */
export class NameSearcher {
  readonly #names: Names
  readonly #candidates = new RankedIds()
  #list = new Uint32Array(0)

  constructor(names: Names) {
    this.#names = names
  }

  /** Finds the first names in order that match. */
  find(search: NameSearch): NamesFound {
    const { from, to } = this.#names.range(search)
    const run = new Run(search, this.#names)
    const list = this.#names.isListed ? this.#shortestList(search.query) : undefined
    const listing = list === undefined ? Number.POSITIVE_INFINITY : 2 * LIST * list.count
    const canList = listing < WORK / 2
    if (list === undefined || list.count > SHORT_LIST) {
      // What is frequent elsewhere, and not here: the next page goes on from here.
      if (this.#walk(run, from, to, canList ? WORK - listing : 0) || !canList) return run.found()
    }
    this.#look(run, list as GramList, this.#names.order.rankAt(from), to)
    return run.found()
  }

  #shortestList({ ranges }: NameQuery): GramList | undefined {
    let best: GramList | undefined
    for (const { from, to } of ranges) {
      const count = this.#names.lists.count(from, to)
      if (best === undefined || count < best.count) best = { from, to, count }
    }
    return best
  }

  /** Looks at one name after the other, until so much work is left. @returns whether there is no more to do */
  #walk(run: Run, from: Place, to: number, left: number): boolean {
    const { order, filters } = this.#names
    const { grams } = run.search.query
    for (; run.work > left; from.run++, from.at = 0) {
      const ids = order.run(from.run)
      if (ids === undefined) return run.complete()
      if (from.at === ids.length) continue
      if (order.rank(ids[from.at] as number) >= to) return run.complete()
      run.work -= PASS_RUN
      if (grams.length > 0 && !filters.mayHave(from.run, grams)) {
        run.pass(ids[ids.length - 1] as number)
        continue
      }
      const isWithin = order.rank(ids[ids.length - 1] as number) < to
      for (; from.at < ids.length; from.at++) {
        if (run.work <= left) return false
        const id = ids[from.at] as number
        if (!isWithin && order.rank(id) >= to) return run.complete()
        if (run.look(id)) return true
      }
    }
    return false
  }

  /** Looks at the names of a list, the first in order first. */
  #look(run: Run, list: GramList, from: number, to: number): void {
    const { lists, order } = this.#names
    if (this.#list.length < list.count) this.#list = new Uint32Array(2 * list.count)
    let end = 0
    for (let gram = list.from; gram < list.to; gram++) end = lists.copy(gram, this.#list, end)
    this.#candidates.reset(end)
    for (let at = 0; at < end; at++) {
      const id = this.#list[at] as number
      if (!this.#names.mayMatch(id, run.search.query)) continue
      const rank = order.rank(id)
      if (rank >= from && rank < to) this.#candidates.add(id, rank)
    }
    run.work -= (end + this.#candidates.count) * LIST
    let last = 0
    for (;;) {
      const id = this.#candidates.take()
      if (id === undefined) {
        run.complete()
        return
      }
      if (id !== last && (run.look(id) || run.work <= 0)) return
      last = id
    }
  }
}

interface GramList {
  readonly from: number
  readonly to: number
  readonly count: number
}

/** One search while it runs. */
class Run {
  readonly search: NameSearch
  readonly #names: Names
  readonly #ids: number[] = []
  work = WORK
  #last: number | undefined
  #isComplete = false

  constructor(search: NameSearch, names: Names) {
    this.search = search
    this.#names = names
  }

  /** Passes over names that cannot match, up to this one. */
  pass(id: number): void {
    this.#last = id
  }

  /** Looks at a name. @returns whether enough are found */
  look(id: number): boolean {
    this.#last = id
    this.work -= STEP
    const { query, accept, limit } = this.search
    if (!this.#names.mayMatch(id, query)) return false
    this.work -= MATCH
    if (!this.#names.matches(id, query)) return false
    const steps = accept(id)
    this.work -= Math.abs(steps)
    if (steps < 0) return false
    this.#ids.push(id)
    return this.#ids.length >= limit
  }

  /** Notes that there is nothing behind. */
  complete(): true {
    this.#isComplete = true
    return true
  }

  found(): NamesFound {
    if (this.#isComplete || this.#last === undefined) return { ids: this.#ids }
    return { ids: this.#ids, end: this.#last }
  }
}
