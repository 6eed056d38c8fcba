import { describe, expect, it } from 'vitest'
import { RateLimit } from '../../src/peer/rate-limit.js'

describe('a rate limit', () => {
  it('moves large parts where there is no bound, and does not wait', async () => {
    const rate = new RateLimit(undefined)
    expect(rate.partBytes).toBe(256 * 1024)
    await rate.take(2 ** 50)
  })

  it('moves parts that take an eighth of a second, within reason', () => {
    expect(new RateLimit(80_000).partBytes).toBe(10_000)
    expect(new RateLimit(1).partBytes).toBe(1024)
    expect(new RateLimit(10 ** 12).partBytes).toBe(256 * 1024)
  })

  it('is shared by all that take from it, and waits for what is more than it holds', async () => {
    const rate = new RateLimit(400_000)
    const startedAt = performance.now()
    await Promise.all([rate.take(60_000), rate.take(40_000)])
    // One part may have been in the bucket already. No upper bound: a busy machine may take longer.
    const fastest = ((100_000 - rate.partBytes) / 400_000) * 1000
    expect(performance.now() - startedAt).toBeGreaterThan(fastest * 0.9)
  })
})
