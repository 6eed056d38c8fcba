import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_IN_PROGRESS, MAX_REPLY_CACHE_BYTES } from '../../src/channel/limits.js'
import { REQUEST_WINDOW, RefusalReason } from '../../src/channel/protocol.js'
import { EXECUTE, IN_PROGRESS, ReplyCache } from '../../src/channel/reply-cache.js'

describe('the reply cache', () => {
  it('carries a request out once, then repeats its reply until it is no longer waited for', () => {
    const cache = new ReplyCache()
    const reply = Buffer.from('r')
    expect(cache.admit(1, 0)).toBe(EXECUTE)
    expect(cache.admit(1, 0)).toBe(IN_PROGRESS)
    expect(cache.settle(1, reply)).toBe(true)
    expect(cache.admit(1, 0)).toBe(reply)
    expect(cache.admit(2, 1)).toBe(EXECUTE)
    expect(cache.admit(1, 0)).toBe(reply)
    expect(cache.admit(3, 0)).toBe(EXECUTE)
    expect(cache.admit(1, 0)).toBe(RefusalReason.Stale)
    expect(cache.admit(2, 0)).toBe(RefusalReason.Stale)
    expect(cache.settle(2, reply)).toBe(false)
    expect(cache.size).toBe(1)
  })

  it('refuses what is too much, and remembers that it did', () => {
    const cache = new ReplyCache()
    for (let id = 1; id <= MAX_IN_PROGRESS; id++) expect(cache.admit(id, 0)).toBe(EXECUTE)
    expect(cache.admit(1000, 0)).toBe(RefusalReason.Busy)
    cache.settle(MAX_IN_PROGRESS, Buffer.alloc(1))
    expect(cache.admit(1000, 0)).toBe(RefusalReason.Busy)
    expect(cache.admit(1001, 1)).toBe(EXECUTE)
  })

  it('drops the bytes of old replies, never the fact that they were made', () => {
    const cache = new ReplyCache()
    const span = (id: number): number => Math.min(id - 1, REQUEST_WINDOW - 1)
    for (let id = 1; id <= 200; id++) {
      cache.admit(id, span(id))
      cache.settle(id, Buffer.alloc(1000))
    }
    expect(cache.bytes).toBeLessThanOrEqual(MAX_REPLY_CACHE_BYTES)
    expect(cache.admit(1, 0)).toBe(RefusalReason.Forgotten)
    expect(cache.admit(200, span(200))).toHaveLength(1000)
  })

  it('whatever ids and spans come, carries none out twice and stays within bounds', () => {
    const message = fc.record({
      id: fc.integer({ min: 1, max: 600 }),
      span: fc.integer({ min: 0, max: 255 }),
      settles: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 400 }), (messages) => {
        const cache = new ReplyCache()
        const executed = new Set<number>()
        for (const { id, span, settles } of messages) {
          if (cache.admit(id, span) !== EXECUTE) continue
          expect(executed.has(id)).toBe(false)
          executed.add(id)
          if (settles) cache.settle(id, Buffer.alloc(1160))
        }
        expect(cache.size).toBeLessThanOrEqual(REQUEST_WINDOW)
        expect(cache.bytes).toBeLessThanOrEqual(MAX_REPLY_CACHE_BYTES)
      }),
    )
  })
})
