import type { NameQuery } from './name-query.js'
import type { Names } from './names.js'
import type { RankedIds } from './ranked-ids.js'
import type { SortedList } from './sorted-list.js'

// Steps, as name-search.ts counts them, of a name that is passed over, for each list that it is looked for in.
const PASS = 2

/** What a {@link ListReader} reads. */
export interface ListReading {
  readonly names: Names
  readonly query: NameQuery
  /** The ids of the list that are in order. */
  readonly sorted: SortedList
  /** Those that were not, as far as they may match. */
  readonly unsorted: RankedIds
  /** Lists that names which match are in, too. */
  readonly others: readonly SortedList[]
  /** The rank behind the last one that is wanted. */
  readonly to: number
  /** Steps that it took to get here. */
  readonly steps: number
}

/** Reads the names of a list that may match, in order. */
export class ListReader {
  readonly #reading: ListReading
  readonly #pass: number
  #other: number | undefined
  #steps: number

  constructor(reading: ListReading) {
    this.#reading = reading
    this.#pass = PASS * (1 + reading.others.length)
    this.#other = reading.unsorted.take()
    this.#steps = reading.steps
  }

  /** The steps that were taken since it was asked. */
  takeSteps(): number {
    const steps = this.#steps
    this.#steps = 0
    return steps
  }

  /** The next name that may match, or, after so many steps, any that is there; undefined at the end. */
  next(most: number): number | undefined {
    const { names, sorted, to } = this.#reading
    const { order } = names
    for (;;) {
      const id = sorted.peek()
      const isPassed = id !== undefined && this.#steps < most && !this.#mayMatch(id)
      if (id !== undefined && (isPassed || order.rank(id) === 0)) {
        sorted.skip()
        this.#steps += this.#pass
        continue
      }
      const other = this.#other
      const isOther = other !== undefined && (id === undefined || order.rank(other) < order.rank(id))
      const next = isOther ? other : id
      if (next === undefined || order.rank(next) >= to) return undefined
      if (isOther) this.#skipOther(next)
      else sorted.skip()
      return next
    }
  }

  // Of several lists it may have been in each.
  #skipOther(id: number): void {
    while (this.#other === id) this.#other = this.#reading.unsorted.take()
  }

  #mayMatch(id: number): boolean {
    const { names, query, others } = this.#reading
    // Which lists the others are in, those that are in order do not tell.
    if (id <= names.ordered) for (const list of others) if (!list.has(id)) return false
    return names.mayMatch(id, query)
  }
}
