import { Column } from './column.js'
import { NONE } from './none.js'

/** For each id of something a list of offers, in the order in which they were added. */
export class OfferLists {
  readonly #firsts = new Column(Uint32Array)
  readonly #lasts = new Column(Uint32Array)
  readonly #next = new Column(Uint32Array)
  readonly #previous = new Column(Uint32Array)

  /** The first offer of a list, or NONE. */
  first(list: number): number {
    return this.#firsts.get(list)
  }

  /** The offer behind another one, or NONE. */
  after(offer: number): number {
    return this.#next.get(offer)
  }

  /** Whether there is one offer and no more. */
  isSingle(list: number): boolean {
    const first = this.#firsts.get(list)
    return first !== NONE && first === this.#lasts.get(list)
  }

  /** Adds an offer at the end. */
  add(list: number, offer: number): void {
    const last = this.#lasts.get(list)
    this.#previous.set(offer, last)
    this.#next.set(offer, NONE)
    if (last === NONE) this.#firsts.set(list, offer)
    else this.#next.set(last, offer)
    this.#lasts.set(list, offer)
  }

  /** Takes an offer out. @returns whether the list is empty now */
  delete(list: number, offer: number): boolean {
    const [next, previous] = [this.#next.get(offer), this.#previous.get(offer)]
    if (previous === NONE) this.#firsts.set(list, next)
    else this.#next.set(previous, next)
    if (next === NONE) this.#lasts.set(list, previous)
    else this.#previous.set(next, previous)
    return this.#firsts.get(list) === NONE
  }

  /** Puts a list into the order of its keys. */
  sort(list: number, keyOf: (offer: number) => number): void {
    const first = this.#firsts.get(list)
    if (first === NONE || this.#next.get(first) === NONE) return
    const offers: number[] = []
    for (let offer = first; offer !== NONE; offer = this.#next.get(offer)) offers.push(offer)
    offers.sort((a, b) => keyOf(a) - keyOf(b))
    this.#firsts.set(list, NONE)
    this.#lasts.set(list, NONE)
    for (const offer of offers) this.add(list, offer)
  }
}
