// Ids in one run: a search of its halves is short, and making room in it moves a kilobyte at the most.
const MAX_RUN = 512
const FIRST_RUN = 4

/** A place in {@link SortedIds}: that of an item, or the one behind the last. */
export interface Place {
  run: number
  at: number
}

/** Whoever keeps something for each run. */
export interface RunWatcher {
  /** There is a new run at this place; what was the second half of the one before is in it, if anything. */
  added(run: number): void
  removed(run: number): void
}

/**
 * Ids in an order that the caller knows. They lie in runs: an id is put into its run and moves only the others of it,
 * so that a million of them can be added one by one, in whatever order, with reads in between.
 */
export class SortedIds {
  readonly #runs: Uint32Array[] = []
  readonly #lengths: number[] = []
  // Where the last one went: those of a folder come one behind the other.
  #lastRun = 0
  readonly #watcher: RunWatcher | undefined

  /** @param watcher - told of runs */
  constructor(watcher?: RunWatcher) {
    this.#watcher = watcher
  }

  /**
   * The first place whose id is not before what is looked for.
   *
   * @param isBefore - true for a first part of the ids, false for the rest
   */
  find(isBefore: (id: number) => boolean): Place {
    const run = this.#runOf(isBefore)
    if (run < 0) return { run: 0, at: 0 }
    const ids = this.#runs[run] as Uint32Array
    let low = 0
    let high = this.#lengths[run] as number
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBefore(ids[middle] as number)) low = middle + 1
      else high = middle
    }
    return { run, at: low }
  }

  /** The place behind the last one. */
  end(): Place {
    const run = this.#runs.length - 1
    return run < 0 ? { run: 0, at: 0 } : { run, at: this.#lengths[run] as number }
  }

  // The last run that begins before it, or the first one.
  #runOf(isBefore: (id: number) => boolean): number {
    const last = this.#runs.length - 1
    const hint = this.#lastRun
    if (hint <= last && isBefore(this.#first(hint)) && (hint === last || !isBefore(this.#first(hint + 1))))
      return hint
    let low = 0
    let high = last
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (isBefore(this.#first(middle))) low = middle
      else high = middle - 1
    }
    return Math.min(low, last)
  }

  #first(run: number): number {
    return (this.#runs[run] as Uint32Array)[0] as number
  }

  /** Puts an id at a place that {@link SortedIds.find} gave. @returns where it is now */
  insert(place: Place, id: number): Place {
    let { run, at } = place
    if (this.#runs.length === 0) {
      this.#addRun(0, new Uint32Array(FIRST_RUN))
      this.#watcher?.added(0)
    }
    let length = this.#lengths[run] as number
    if (length === MAX_RUN) {
      // What comes in order fills run after run to the end.
      const isLast = run === this.#runs.length - 1 && at === length
      const keep = isLast ? MAX_RUN : MAX_RUN / 2
      const moved = (this.#runs[run] as Uint32Array).subarray(keep)
      const next = new Uint32Array(MAX_RUN)
      next.set(moved)
      this.#addRun(run + 1, next)
      this.#lengths[run + 1] = moved.length
      this.#lengths[run] = keep
      this.#watcher?.added(run + 1)
      if (at > keep || isLast) {
        run += 1
        at -= keep
      }
      length = this.#lengths[run] as number
    }
    let ids = this.#runs[run] as Uint32Array
    if (length === ids.length) {
      ids = grown(ids, length)
      this.#runs[run] = ids
    }
    if (at < length) ids.copyWithin(at + 1, at, length)
    ids[at] = id
    this.#lengths[run] = length + 1
    this.#lastRun = run
    return { run, at }
  }

  #addRun(at: number, ids: Uint32Array): void {
    this.#runs.splice(at, 0, ids)
    this.#lengths.splice(at, 0, 0)
  }

  /** Takes out the id at a place, which there is. */
  delete(place: Place): void {
    // What is found behind the last one of a run is the first one of the next.
    this.read(place)
    const { run, at } = place
    const ids = this.#runs[run] as Uint32Array
    const length = (this.#lengths[run] as number) - 1
    ids.copyWithin(at, at + 1, length + 1)
    this.#lengths[run] = length
    if (length > 0) return
    this.#runs.splice(run, 1)
    this.#lengths.splice(run, 1)
    this.#watcher?.removed(run)
  }

  /** The ids of a run, in order; undefined behind the last run. */
  run(run: number): Uint32Array | undefined {
    return this.#runs[run]?.subarray(0, this.#lengths[run])
  }

  /** The id at a place; undefined behind the last one. Moves a place that is at the end of a run to the next. */
  read(place: Place): number | undefined {
    while (place.run < this.#runs.length) {
      if (place.at < (this.#lengths[place.run] as number)) {
        return (this.#runs[place.run] as Uint32Array)[place.at]
      }
      place.run += 1
      place.at = 0
    }
    return undefined
  }

  /** Moves a place back by so many, or to the first one. @returns how many these were */
  moveBack(place: Place, most: number): number {
    let left = most
    for (;;) {
      const step = Math.min(left, place.at)
      place.at -= step
      left -= step
      if (left === 0 || place.run === 0) return most - left
      place.run -= 1
      place.at = this.#lengths[place.run] as number
    }
  }

  /** Moves a place on by so many, or behind the last one. @returns how many these were */
  moveOn(place: Place, most: number): number {
    let left = most
    for (;;) {
      const step = Math.min(left, (this.#lengths[place.run] as number) - place.at)
      place.at += step
      left -= step
      if (left === 0 || place.run === this.#runs.length - 1) return most - left
      place.run += 1
      place.at = 0
    }
  }

  /** The id before a place; undefined before the first one. */
  readBefore({ run, at }: Place): number | undefined {
    if (at > 0) return this.#runs[run]?.[at - 1]
    if (run === 0) return undefined
    return this.#runs[run - 1]?.[(this.#lengths[run - 1] as number) - 1]
  }
}

function grown(ids: Uint32Array, length: number): Uint32Array {
  const larger = new Uint32Array(Math.min(MAX_RUN, length * 2))
  larger.set(ids.subarray(0, length))
  return larger
}
