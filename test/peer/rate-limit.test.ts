import { afterEach, describe, expect, it, vi } from 'vitest'
import { RateLimit } from '../../src/peer/rate-limit.js'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

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

  it('makes up for timers that fire late, but not for long silence', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    const pass = async (ms: number): Promise<void> => {
      now += ms
      await vi.runOnlyPendingTimersAsync()
    }
    const rate = new RateLimit(20_000_000)
    let moved = 0
    const take = async (): Promise<void> => {
      for (;;) {
        await rate.take(rate.partBytes)
        moved += rate.partBytes
      }
    }
    void take()
    for (let turn = 0; turn < 4; turn++) await pass(250)
    expect(moved).toBeGreaterThan(19_000_000)
    expect(moved).toBeLessThanOrEqual(20_000_000)
    moved = 0
    await pass(10_000)
    expect(moved).toBeLessThanOrEqual(5_300_000)
  })
})
