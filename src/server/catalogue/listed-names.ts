import { ListReader } from './list-reader.js'
import type { NameQuery } from './name-query.js'
import type { Names } from './names.js'
import { RankedIds } from './ranked-ids.js'

// Steps, as name-search.ts counts them, of an id that has to be put into order.
const SORT = 4

// A list that is so many times as long as the shortest tells little for what it takes to read.
const LONGER = 16

/** The list of a gram, or those of several. */
export interface GramList {
  readonly from: number
  readonly to: number
  /** How many ids it has. */
  readonly count: number
  /** Of them those that are in order, and those that are not. */
  readonly sorted: number
  readonly unsorted: number
}

/** Reads names out of the lists of the grams that they must have. */
export class ListedNames {
  readonly #names: Names
  readonly #candidates = new RankedIds()
  #ids = new Uint32Array(0)

  constructor(names: Names) {
    this.#names = names
  }

  /** The shortest list that has all names that match; undefined where there is none. */
  shortest({ ranges }: NameQuery): GramList | undefined {
    const { lists } = this.#names
    let best: GramList | undefined
    for (const { from, to } of ranges) {
      const count = lists.count(from, to)
      if (best !== undefined && count >= best.count) continue
      // Several lists have no order together.
      const sorted = to - from === 1 ? lists.sortedCount(from) : 0
      best = { from, to, count, sorted, unsorted: count - sorted }
    }
    return best
  }

  /** How many steps it takes until the first name can be told. */
  sorting({ unsorted }: GramList): number {
    return 2 * SORT * unsorted
  }

  /**
   * Begins to read the names of a list that may match.
   *
   * @param from - the rank of the first one that is wanted
   * @param to - the rank behind the last one
   */
  read(list: GramList, query: NameQuery, from: number, to: number): ListReader {
    const { lists } = this.#names
    const unsorted = this.#sort(list, query, from, to)
    const sorted = lists.sorted(list.from, list.sorted, this.#names)
    sorted.seek(from)
    const others = query.grams
      .filter((gram) => gram !== list.from && lists.count(gram, gram + 1) <= LONGER * list.count)
      .filter((gram) => lists.sortedCount(gram) > 0)
      .map((gram) => lists.sorted(gram, lists.sortedCount(gram), this.#names))
    return new ListReader({
      names: this.#names,
      query,
      sorted,
      unsorted,
      others,
      to,
      steps: this.sorting(list),
    })
  }

  // What is not in order is put into it as far as it may match.
  #sort(list: GramList, query: NameQuery, from: number, to: number): RankedIds {
    const { lists, order } = this.#names
    if (this.#ids.length < list.unsorted) this.#ids = new Uint32Array(2 * list.unsorted)
    let end = 0
    for (let gram = list.from; gram < list.to; gram++) {
      const count = list.sorted === 0 ? lists.count(gram, gram + 1) : list.unsorted
      end = lists.copyLast(gram, count, this.#ids, end)
    }
    this.#candidates.reset(end)
    for (let at = 0; at < end; at++) {
      const id = this.#ids[at] as number
      if (!this.#names.mayMatch(id, query)) continue
      const rank = order.rank(id)
      if (rank > 0 && rank >= from && rank < to) this.#candidates.add(id, rank)
    }
    return this.#candidates
  }
}
