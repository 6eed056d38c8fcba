import { describe, expect, it } from 'vitest'
import { ReceiverPace } from '../../../src/peer/upload/receiver-pace.js'
import { SLOW_BYTES_PER_SECOND, STALL_MS } from '../../../src/transfer/limits.js'

describe('the pace of a receiver', () => {
  it('is slow when it has taken too little in the time that it was waited for', () => {
    const pace = new ReceiverPace()
    expect(pace.isSlow).toBe(false)
    for (let waited = 0; waited < STALL_MS; waited += 1_000) pace.learn(SLOW_BYTES_PER_SECOND - 1, 1_000)
    expect(pace.isSlow).toBe(true)
    for (let waited = 0; waited < STALL_MS; waited += 1_000) pace.learn(SLOW_BYTES_PER_SECOND, 1_000)
    expect(pace.isSlow).toBe(false)
  })

  it('is not slow for what our own rate limit keeps back', () => {
    const pace = new ReceiverPace()
    // A hundred bytes now and then, each taken at once.
    for (let count = 0; count < 10_000; count++) pace.learn(100, 0.5)
    expect(pace.isSlow).toBe(false)
  })
})
