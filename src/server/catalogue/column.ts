// A segment is never copied or moved: growing a column of millions costs no more than growing one of a thousand.
const SEGMENT_BITS = 14
const SEGMENT = 1 << SEGMENT_BITS
const MASK = SEGMENT - 1

type Numbers = Uint16Array | Uint32Array | Float64Array

/** Numbers by id, outside the heap that the garbage collector walks. What was never set is 0. */
export class Column {
  readonly #make: new (
    length: number,
  ) => Numbers
  readonly #segments: Numbers[] = []

  /** @param make - the kind of numbers */
  constructor(make: new (length: number) => Numbers) {
    this.#make = make
  }

  /** The number of an id. */
  get(id: number): number {
    const segment = this.#segments[id >>> SEGMENT_BITS]
    return segment === undefined ? 0 : (segment[id & MASK] as number)
  }

  /** Sets the number of an id. Ids are given out in order, so that there are no holes. */
  set(id: number, value: number): void {
    const segment = this.#segments[id >>> SEGMENT_BITS] ?? this.#grow(id >>> SEGMENT_BITS)
    segment[id & MASK] = value
  }

  #grow(last: number): Numbers {
    while (this.#segments.length <= last) this.#segments.push(new this.#make(SEGMENT))
    return this.#segments[last] as Numbers
  }
}

/** Gives out small numbers, those that were given back first. */
export class Ids {
  readonly #free: number[] = []
  #next = 1

  /** A number from 1 on that nothing has. */
  take(): number {
    return this.#free.pop() ?? this.#next++
  }

  /** Gives a number back. */
  free(id: number): void {
    this.#free.push(id)
  }
}
