import { describe, expect, it } from 'vitest'
import { BitTrickleError } from '../../src/errors.js'
import { eachInFlight } from '../../src/peer/in-flight.js'
import { RequestPace } from '../../src/peer/request-pace.js'
import { RequestBudget } from '../../src/server/request-budget.js'
import { ManualClock, settle } from '../helpers/manual-clock.js'

const tooMany = (retryAfter?: number): BitTrickleError =>
  new BitTrickleError('RATE_LIMITED', 'Too many.', retryAfter === undefined ? {} : { retryAfter })

/** An index that refuses so often before it grants. */
function refusing(times: number, error: BitTrickleError) {
  let asked = 0
  const ask = async (): Promise<number> => {
    asked++
    if (asked <= times) throw error
    return asked
  }
  return { ask, asked: () => asked }
}

describe('the pace of requests', () => {
  it('is that of the program while nothing is refused', async () => {
    const clock = new ManualClock()
    const pace = new RequestPace(clock)
    const answers = await Promise.all([1, 2, 3].map((answer) => pace.ask(async () => answer)))
    expect(answers).toEqual([1, 2, 3])
    expect(clock.timers).toBe(0)
  })

  it('waits as long as the index says, and asks again', async () => {
    const clock = new ManualClock()
    const index = refusing(1, tooMany(250))
    const answer = new RequestPace(clock).ask(index.ask)
    await clock.advance(249)
    expect(index.asked()).toBe(1)
    await clock.advance(1)
    expect(await answer).toBe(2)
  })

  it('waits a while where the index does not say how long', async () => {
    const clock = new ManualClock()
    const index = refusing(1, tooMany())
    const answer = new RequestPace(clock).ask(index.ask)
    await clock.advance(100)
    expect(await answer).toBe(2)
  })

  it.each([
    [5, 32],
    [100, 32],
    [1000, 64],
  ])(
    'is that of the index: at %i a second, %i in flight are hardly ever refused twice',
    async (rate, inFlight) => {
      const clock = new ManualClock()
      const budget = new RequestBudget(clock, rate)
      const pace = new RequestPace(clock)
      const files = 8 * rate
      let refused = 0
      let done = false
      const ask = async (): Promise<void> => {
        await settle()
        const retryAfter = budget.take()
        if (retryAfter === 0) return
        refused++
        throw tooMany(retryAfter)
      }
      const all = eachInFlight(Array.from({ length: files }), inFlight, () => pace.ask(ask)).then(() => {
        done = true
      })
      const startedAt = clock.monotonic()
      while (!done) await clock.advance(1)
      await all
      // Four seconds' worth at once, and the other four as they are granted.
      const took = clock.monotonic() - startedAt
      expect(took).toBeGreaterThan(3_500)
      expect(took).toBeLessThan(6_000)
      expect(refused).toBeLessThan(2 * inFlight + files / 10)
      expect(clock.timers).toBe(0)
    },
  )

  it('is free again when nobody has had to wait for a second', async () => {
    const clock = new ManualClock()
    const pace = new RequestPace(clock)
    const answer = pace.ask(refusing(1, tooMany(50)).ask)
    await clock.advance(50)
    await answer
    await clock.advance(1_101)
    await Promise.all([1, 2, 3].map((number) => pace.ask(async () => number)))
    expect(clock.timers).toBe(0)
  })

  it('gives up after ten refusals, or when it would have to wait for long', async () => {
    const clock = new ManualClock()
    const index = refusing(100, tooMany(10))
    const answer = expect(new RequestPace(clock).ask(index.ask)).rejects.toMatchObject({
      code: 'RATE_LIMITED',
    })
    await clock.advance(1_000)
    await answer
    expect(index.asked()).toBe(11)
    const day = refusing(1, tooMany(86_400_000))
    await expect(new RequestPace(clock).ask(day.ask)).rejects.toMatchObject({ retryAfter: 86_400_000 })
  })

  it('does not concern what is refused for another reason', async () => {
    const index = refusing(1, new BitTrickleError('NOT_FOUND', 'There is none.'))
    await expect(new RequestPace(new ManualClock()).ask(index.ask)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  it('ends with the signal of the caller, whatever its reason', async () => {
    const clock = new ManualClock()
    const fresh = refusing(0, tooMany())
    await expect(new RequestPace(clock).ask(fresh.ask, AbortSignal.abort())).rejects.toMatchObject({
      code: 'ABORTED',
    })
    expect(fresh.asked()).toBe(0)
    const pace = new RequestPace(clock)
    for (const reason of [undefined, new BitTrickleError('ABORTED', 'Enough.')]) {
      const giveUp = new AbortController()
      const answer = expect(pace.ask(refusing(1, tooMany(50)).ask, giveUp.signal)).rejects.toMatchObject({
        code: 'ABORTED',
      })
      await settle()
      giveUp.abort(reason)
      await answer
      const index = refusing(0, tooMany())
      await expect(pace.ask(index.ask, giveUp.signal)).rejects.toMatchObject({ code: 'ABORTED' })
      expect(index.asked()).toBe(0)
    }
    expect(clock.timers).toBe(0)
  })
})
