import { beforeEach, describe, expect, it } from 'vitest'
import { Heartbeat } from '../../src/peer/heartbeat.js'
import { ManualClock } from '../helpers/manual-clock.js'

let clock: ManualClock
let beats: number[]
let heartbeat: Heartbeat
beforeEach(() => {
  clock = new ManualClock()
  beats = []
  heartbeat = new Heartbeat(clock, () => beats.push(clock.monotonic()))
})

describe('a heartbeat', () => {
  it('beats at every interval, first after one', async () => {
    heartbeat.start(2000)
    await clock.advance(6500)
    expect(beats).toEqual([2000, 4000, 6000])
  })

  it('is silent once stopped, and leaves no timer', async () => {
    heartbeat.start(2000)
    await clock.advance(2000)
    heartbeat.stop()
    heartbeat.stop()
    expect(clock.timers).toBe(0)
    await clock.advance(10_000)
    expect(beats).toEqual([2000])
  })

  it('takes another interval in place of the first, not beside it', async () => {
    heartbeat.start(2000)
    await clock.advance(1000)
    heartbeat.start(500)
    await clock.advance(1000)
    expect(beats).toEqual([1500, 2000])
    expect(clock.timers).toBe(1)
  })

  it('can be stopped by the beat itself', async () => {
    const once = new Heartbeat(clock, () => {
      beats.push(clock.monotonic())
      once.stop()
    })
    once.start(100)
    await clock.advance(1000)
    expect(beats).toEqual([100])
    expect(clock.timers).toBe(0)
  })

  it('goes on when a beat throws', async () => {
    const faulty = new Heartbeat(clock, () => {
      beats.push(clock.monotonic())
      throw new Error('no socket')
    })
    faulty.start(100)
    await expect(clock.advance(100)).rejects.toThrow('no socket')
    await expect(clock.advance(100)).rejects.toThrow('no socket')
    expect(beats).toEqual([100, 200])
    faulty.stop()
  })
})
