import { compareBytes } from './utf16-order.js'

// Plain JavaScript, with its types in name-steps.d.ts: the thread that reads the file runs it too, from src as from dist.
export const SAME = 0
export const BEHIND = 1
export const ELSEWHERE = 2

export class NameSteps {
  // The last name, and the largest one of all.
  #last = new Uint8Array(0)
  #largest = this.#last

  of({ bytes, ends }) {
    const steps = new Uint8Array(ends.length)
    let [last, lastFrom, lastTo] = [this.#last, 0, this.#last.length]
    let [largest, largestFrom, largestTo] = [this.#largest, 0, this.#largest.length]
    let from = 0
    for (let at = 0; at < ends.length; at++) {
      const to = ends[at]
      const isBehind = compareBytes(largest, largestFrom, largestTo, bytes, from, to) < 0
      if (isBehind) {
        steps[at] = BEHIND
        largest = bytes
        largestFrom = from
        largestTo = to
      } else steps[at] = compareBytes(last, lastFrom, lastTo, bytes, from, to) === 0 ? SAME : ELSEWHERE
      last = bytes
      lastFrom = from
      lastTo = to
      from = to + 1
    }
    // Copies, since what was read is handed over.
    this.#last = Uint8Array.from(last.subarray(lastFrom, lastTo))
    this.#largest = Uint8Array.from(largest.subarray(largestFrom, largestTo))
    return steps
  }
}
