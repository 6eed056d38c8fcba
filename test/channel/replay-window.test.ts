import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REPLAY_WINDOW, ReplayWindow } from '../../src/channel/replay-window.js'

/** The same by a plain set. */
class Naive {
  readonly #seen = new Set<number>()
  newest = -1

  isNew(counter: number): boolean {
    return this.newest - counter < REPLAY_WINDOW && !this.#seen.has(counter)
  }

  accept(counter: number): void {
    this.#seen.add(counter)
    this.newest = Math.max(this.newest, counter)
  }
}

describe('the replay window', () => {
  it('takes each counter once, and none that is too old', () => {
    const window = new ReplayWindow()
    expect(window.isNew(0)).toBe(true)
    window.accept(0)
    expect(window.isNew(0)).toBe(false)
    window.accept(REPLAY_WINDOW)
    expect(window.isNew(0)).toBe(false)
    expect(window.isNew(1)).toBe(true)
    expect(REPLAY_WINDOW).toBe(2016)
  })

  it('agrees with a plain set, far beyond 32 bits', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: -40, max: 40 }) },
      { weight: 2, arbitrary: fc.integer({ min: -2100, max: 2100 }) },
      { weight: 1, arbitrary: fc.integer({ min: 2000, max: 5000 }) },
    )
    const start = fc.constantFrom(0, 31, 2 ** 31 - 5, 2 ** 32 - 5, 2 ** 45)
    fc.assert(
      fc.property(start, fc.array(step, { maxLength: 300 }), (first, steps) => {
        const window = new ReplayWindow()
        const naive = new Naive()
        let counter = first
        for (const move of steps) {
          counter = Math.max(0, counter + move)
          expect(window.isNew(counter)).toBe(naive.isNew(counter))
          if (!naive.isNew(counter)) continue
          window.accept(counter)
          naive.accept(counter)
          expect(window.newest).toBe(naive.newest)
        }
      }),
      { numRuns: 300 },
    )
  })
})
