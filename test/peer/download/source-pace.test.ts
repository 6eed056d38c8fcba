import { beforeEach, describe, expect, it } from 'vitest'
import { SourcePace } from '../../../src/peer/download/source-pace.js'
import { ManualClock } from '../../helpers/manual-clock.js'

let clock: ManualClock
let pace: SourcePace
beforeEach(() => {
  clock = new ManualClock()
  pace = new SourcePace(clock)
})

/** So many bytes a millisecond, for so long. */
async function flow(rate: number, time: number): Promise<void> {
  for (let passed = 0; passed < time; passed += 10) {
    await clock.advance(10)
    pace.add(rate * 10)
  }
}

describe('the pace of a source', () => {
  it('is not known at first: something is asked ahead, and a moment is waited for the first bytes', async () => {
    expect(pace.bytesAhead).toBe(1_048_576)
    pace.start()
    await clock.advance(999)
    expect(pace.timeFor(1)).toBe(0)
    await clock.advance(1)
    expect(pace.timeFor(1)).toBe(Number.POSITIVE_INFINITY)
  })

  it('is measured while it owes something, and a second of it is asked ahead', async () => {
    pace.start()
    await flow(2_000, 1_000)
    expect(pace.bytesAhead).toBeCloseTo(2_000_000, -3)
    expect(pace.timeFor(1_000_000)).toBeCloseTo(500, 0)
    pace.stop()
    await clock.advance(60_000)
    pace.start()
    await flow(2_000, 1_000)
    expect(pace.bytesAhead).toBeCloseTo(2_000_000, -3)
  })

  it('follows what becomes of it within seconds', async () => {
    pace.start()
    await flow(2_000, 3_000)
    await flow(100, 3_000)
    expect(pace.bytesAhead).toBeLessThan(300_000)
    await flow(2_000, 3_000)
    expect(pace.bytesAhead).toBeGreaterThan(1_700_000)
  })

  it('asks for no more than 16 MiB ahead', async () => {
    pace.start()
    await flow(1_000_000, 1_000)
    expect(pace.bytesAhead).toBe(16_777_216)
  })

  it('is slower with every moment of silence, until nothing is expected', async () => {
    pace.start()
    await flow(1_000, 1_000)
    const times: number[] = []
    for (let second = 0; second < 4; second++) {
      times.push(pace.timeFor(1_000))
      await clock.advance(1_000)
    }
    expect(times).toEqual([...times].sort((one, other) => one - other))
    expect(new Set(times).size).toBe(4)
    expect(pace.isStalled).toBe(false)
    await clock.advance(1_000)
    expect(pace.isStalled).toBe(true)
    expect(pace.timeFor(1)).toBe(Number.POSITIVE_INFINITY)
    await clock.advance(24_999)
    expect(pace.isLost).toBe(false)
    await clock.advance(1)
    expect(pace.isLost).toBe(true)
    pace.add(1)
    expect([pace.isStalled, pace.isLost]).toEqual([false, false])
  })

  it('does not suffer from silence in which it owes nothing, or that is forgiven', async () => {
    pace.start()
    await clock.advance(4_999)
    pace.stop()
    await clock.advance(100_000)
    expect(pace.isStalled).toBe(false)
    pace.start()
    pace.forgive()
    await clock.advance(4_999)
    expect(pace.isStalled).toBe(false)
    await clock.advance(1)
    expect(pace.isStalled).toBe(true)
  })

  it('has an excuse while other bytes come on its channel, but not for ever', async () => {
    pace.start()
    let others = 0
    for (let second = 1; second < 300; second++) {
      await clock.advance(1_000)
      pace.note(++others)
      expect([pace.isStalled, pace.isLost]).toEqual([false, false])
    }
    await clock.advance(1_000)
    pace.note(++others)
    expect(pace.isLost).toBe(true)
  })

  it('has none while only its own come', async () => {
    pace.start()
    pace.add(100)
    pace.note(100)
    await clock.advance(5_000)
    pace.note(100)
    expect(pace.isStalled).toBe(true)
  })
})
