import { Column } from './column.js'
import { NONE } from './none.js'

/**
 * Finds ids by a hash of 32 bits: a hash table that grows by one bucket at a time (linear hashing, Litwin 1980), so
 * that no call ever waits until a table of millions was built anew.
 */
export class LinearHash {
  readonly #heads = new Column(Uint32Array)
  readonly #next = new Column(Uint32Array)
  readonly #hashOf: (id: number) => number
  #count = 0
  // There are 2^level + split buckets: those before `split` have been divided by one bit more.
  #mask = 15
  #split = 0

  /** @param hashOf - the hash that an id was added with */
  constructor(hashOf: (id: number) => number) {
    this.#hashOf = hashOf
  }

  /** Makes room for so many at once, while there are none. */
  reserve(count: number): void {
    while (this.#mask < count) this.#mask = 2 * this.#mask + 1
  }

  /** The first id whose hash may be this one; NONE when there is none. */
  first(hash: number): number {
    return this.#heads.get(this.#bucketOf(hash))
  }

  /** The next one behind an id. */
  after(id: number): number {
    return this.#next.get(id)
  }

  /** Adds an id that is not there. */
  add(id: number, hash: number): void {
    const bucket = this.#bucketOf(hash)
    this.#next.set(id, this.#heads.get(bucket))
    this.#heads.set(bucket, id)
    this.#count++
    if (this.#count > this.#mask + this.#split) this.#grow()
  }

  /** Takes out an id that is there. */
  delete(id: number, hash: number): void {
    const bucket = this.#bucketOf(hash)
    this.#count--
    let before = this.#heads.get(bucket)
    if (before === id) {
      this.#heads.set(bucket, this.#next.get(id))
      return
    }
    for (; before !== NONE; before = this.#next.get(before)) {
      if (this.#next.get(before) !== id) continue
      this.#next.set(before, this.#next.get(id))
      return
    }
  }

  #bucketOf(hash: number): number {
    const bucket = hash & this.#mask
    return bucket < this.#split ? hash & (2 * this.#mask + 1) : bucket
  }

  #grow(): void {
    const low = this.#split
    const high = low + this.#mask + 1
    let id = this.#heads.get(low)
    this.#heads.set(low, NONE)
    this.#heads.set(high, NONE)
    while (id !== NONE) {
      const next = this.#next.get(id)
      const bucket = (this.#hashOf(id) & (this.#mask + 1)) === 0 ? low : high
      this.#next.set(id, this.#heads.get(bucket))
      this.#heads.set(bucket, id)
      id = next
    }
    this.#split++
    if (this.#split <= this.#mask) return
    this.#mask = 2 * this.#mask + 1
    this.#split = 0
  }
}
