import type { CatalogueEntry } from './catalogue-store.js'

/** A change of the catalogue that was asked for. */
export interface Write {
  readonly username: string
  readonly name: string
  /** undefined: it is taken back. */
  readonly entry: CatalogueEntry | undefined
  readonly call: Call
  /** Which of those of its call it is. */
  readonly at: number
}

/** Writes that were asked for together: answered when the last of them is done. */
export class Call {
  readonly #results: (boolean | Error)[]
  readonly #done: (results: readonly (boolean | Error)[]) => void
  #left: number

  /** @param done - told what came of each */
  constructor(count: number, done: (results: readonly (boolean | Error)[]) => void) {
    this.#results = new Array(count)
    this.#left = count
    this.#done = done
  }

  /** Notes what came of one. */
  settle(at: number, result: boolean | Error): void {
    this.#results[at] = result
    this.#left--
    if (this.#left === 0) this.#done(this.#results)
  }
}
