import { type GramList, ListedNames } from './listed-names.js'
import type { NameQuery } from './name-query.js'
import type { Names } from './names.js'
import type { Place } from './sorted-ids.js'

/**
 * How much one search may do, in steps of about 10 ns, and what its parts cost. So nobody can hold up the index by a
 * query, however it is made: what is not found by then is left to the next page.
 */
const WORK = 90_000
const FIND_RUN = 1
const PASS_RUN = 1
const STEP = 8
const MATCH = 60
// Where a list has more ids than this that are not in order, names are looked at one after the other first, for as much
// work as sorting them would take: what is frequent is found so long before.
const FEW = 2_000

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
  readonly #listed: ListedNames

  constructor(names: Names) {
    this.#names = names
    this.#listed = new ListedNames(names)
  }

  /** Finds the first names in order that match. */
  find(search: NameSearch): NamesFound {
    const { from, to } = this.#names.range(search)
    const run = new Run(search, this.#names)
    const list = this.#names.isListed ? this.#listed.shortest(search.query) : undefined
    const sorting = list === undefined ? Number.POSITIVE_INFINITY : this.#listed.sorting(list)
    const canSort = sorting < WORK / 2
    if (list === undefined || list.unsorted > FEW) {
      // What is frequent elsewhere, and not here: the next page goes on from here.
      if (this.#walk(run, from, to, canSort ? WORK - sorting : 0) || !canSort) return run.found()
    }
    this.#look(run, list as GramList, this.#names.order.rankAt(from), to)
    return run.found()
  }

  /** Looks at one name after the other, until so much work is left. @returns whether there is no more to do */
  #walk(run: Run, from: Place, to: number, left: number): boolean {
    const { order, filters } = this.#names
    const { grams } = run.search.query
    filters.find(grams)
    run.work -= filters.runs * FIND_RUN
    for (; run.work > left; from.run++, from.at = 0) {
      const ids = order.run(from.run)
      if (ids === undefined) return run.complete()
      if (from.at === ids.length) continue
      if (order.rank(ids[from.at] as number) >= to) return run.complete()
      run.work -= PASS_RUN
      if (!filters.isFound(from.run)) {
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

  /** Looks at the names of a list that may match, the first in order first. */
  #look(run: Run, list: GramList, from: number, to: number): void {
    const reader = this.#listed.read(list, run.search.query, from, to)
    do {
      const id = reader.next(run.work)
      run.work -= reader.takeSteps()
      if (id === undefined) {
        run.complete()
        return
      }
      if (run.look(id)) return
    } while (run.work > 0)
  }
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
