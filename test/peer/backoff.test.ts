import fc from 'fast-check'
import { expect, it } from 'vitest'
import { reconnectDelay } from '../../src/peer/backoff.js'

const ALMOST_ONE = 1 - Number.EPSILON

it('doubles its bound with each try, up to half a minute', () => {
  const bounds = [1, 2, 3, 4, 5, 6, 7].map((attempt) => reconnectDelay(attempt, () => ALMOST_ONE))
  expect(bounds).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
})

it('never is so short that peers flood an index, nor longer than half a minute', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.double({ min: 0, max: ALMOST_ONE, noNaN: true }),
      (attempt, fraction) => {
        const delay = reconnectDelay(attempt, () => fraction)
        expect(delay).toBeGreaterThanOrEqual(250)
        expect(delay).toBeLessThanOrEqual(30_000)
      },
    ),
  )
})

it('spreads peers that were cut off together', () => {
  const delays = new Set([0, 0.2, 0.4, 0.6, 0.8].map((fraction) => reconnectDelay(3, () => fraction)))
  expect(delays.size).toBe(5)
  expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(2500)
})
