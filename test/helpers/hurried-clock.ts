import { systemClock } from '../../src/clock.js'
import { ManualClock } from './manual-clock.js'

/**
 * Some times as fast as the real time, so that an index can be given up on soon; but each step waits until what the last
 * one began has settled, so that a busy machine slows the clock and is not outrun by it. It goes until it is disposed of.
 */
export class HurriedClock extends ManualClock implements Disposable {
  readonly #factor: number
  #isGoing = true

  /** @param factor - how many times as fast */
  constructor(factor = 10) {
    super()
    this.#factor = factor
    void this.#go()
  }

  // The index, which has a clock of its own, says until when a ticket holds.
  override now(): number {
    return systemClock.now()
  }

  async #go(): Promise<void> {
    while (this.#isGoing) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      await this.advance(this.#factor)
    }
  }

  [Symbol.dispose](): void {
    this.#isGoing = false
  }
}
