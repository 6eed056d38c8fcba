import { Column } from './column.js'
import { MAX_RANK } from './rank-sorter.js'
import { type Place, type RunWatcher, SortedIds } from './sorted-ids.js'

const END = MAX_RANK
// Between a name and the one behind it: names that come one behind the other leave room for others. Four million do
// before the end is reached.
const STEP = 2 ** 28
// Names to either side that are ranked anew at least, and the room that there must be for each of them then.
const MIN_REACH = 32
const MIN_GAP = 2 ** 12

/**
 * Names in order, and a rank for each of them, so that of any two that were found elsewhere it is one look which comes
 * first. Ranks leave gaps; where one is full, the names around it are ranked anew (order maintenance, Dietz and
 * Sleator 1987).
 */
export class NameOrder {
  readonly #ids: SortedIds
  readonly #ranks = new Column(Float64Array)

  /** @param watcher - told of the runs that the names lie in */
  constructor(watcher: RunWatcher) {
    this.#ids = new SortedIds(watcher)
  }

  /** The rank of a name; 0 for one that is not in order. */
  rank(id: number): number {
    return this.#ranks.get(id)
  }

  /** The first place whose name is not before what is looked for. */
  find(isBefore: (id: number) => boolean): Place {
    return this.#ids.find(isBefore)
  }

  /** The place behind the last name. */
  end(): Place {
    return this.#ids.end()
  }

  /** The name at a place; undefined behind the last one. */
  read(place: Place): number | undefined {
    return this.#ids.read(place)
  }

  /** The rank at a place; Infinity behind the last name. */
  rankAt(place: Place): number {
    const id = this.#ids.read(place)
    return id === undefined ? Number.POSITIVE_INFINITY : this.#ranks.get(id)
  }

  /** The names of a run, in order; undefined behind the last run. */
  run(run: number): Uint32Array | undefined {
    return this.#ids.run(run)
  }

  /** Puts a name where {@link NameOrder.find} has found its place. @returns the run that it is in */
  insert(place: Place, id: number): number {
    const here = this.#ids.insert(place, id)
    const before = this.#ids.readBefore(here)
    const after = this.#ids.read({ run: here.run, at: here.at + 1 })
    const low = before === undefined ? 0 : this.#ranks.get(before)
    const high = after === undefined ? END : this.#ranks.get(after)
    const step = Math.min(STEP, Math.floor((high - low) / 2))
    if (step > 0) this.#ranks.set(id, low + step)
    else this.#rankAround(here)
    return here.run
  }

  /** Takes a name out. */
  delete(id: number): void {
    const rank = this.#ranks.get(id)
    this.#ids.delete(this.#ids.find((other) => this.#ranks.get(other) < rank))
    this.#ranks.set(id, 0)
  }

  // A stretch that is wide enough to give each of its names room; wider each time it is not. A wider one must be
  // emptier: half of it then takes as many names again before it is full, and those pay for what was done (Bender and
  // others 2002). With one bound for all, a few more names in the same place had the whole stretch ranked anew.
  #rankAround(place: Place): void {
    for (let [reach, room] = [MIN_REACH, MIN_GAP]; ; reach *= 2, room *= 2) {
      const [from, to] = [{ ...place }, { ...place }]
      const count = this.#ids.moveBack(from, reach) + this.#ids.moveOn(to, reach)
      const before = this.#ids.readBefore(from)
      const low = before === undefined ? 0 : this.#ranks.get(before)
      const high = this.rankAt({ ...to })
      const gap = Math.floor((Math.min(high, END) - low) / (count + 1))
      const isAll = before === undefined && high === Number.POSITIVE_INFINITY
      if (gap < room && !isAll) continue
      this.#rank(from, to, low, gap)
      return
    }
  }

  #rank(from: Place, to: Place, low: number, gap: number): void {
    let rank = low
    for (let { run, at } = from; run <= to.run; run++, at = 0) {
      const ids = this.#ids.run(run) as Uint32Array
      const end = run === to.run ? to.at : ids.length
      for (; at < end; at++) {
        rank += gap
        this.#ranks.set(ids[at] as number, rank)
      }
    }
  }
}
