import { describe, expect, it } from 'vitest'
import { fuzz } from './fuzzer.js'

describe('mutated datagrams', () => {
  it.each([1, 2, 3])(
    'by the ten thousand change nothing (seed %i)',
    async (seed) => {
      const { asked, carriedOut } = await fuzz(seed, 10_000)
      expect(carriedOut).toBe(asked)
    },
    30_000,
  )
})
