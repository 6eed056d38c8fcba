import { describe, expect, it } from 'vitest'
import { wait } from '../../src/peer/wait.js'
import { ManualClock } from '../helpers/manual-clock.js'

describe('waiting', () => {
  it('ends at its time and not before', async () => {
    const clock = new ManualClock()
    let isOver = false
    const waiting = wait(clock, 100, new AbortController().signal).then(() => {
      isOver = true
    })
    await clock.advance(99)
    expect(isOver).toBe(false)
    await clock.advance(1)
    expect(isOver).toBe(true)
    await waiting
  })

  it('is given up with the reason of the signal, and leaves no timer', async () => {
    const clock = new ManualClock()
    const giveUp = new AbortController()
    const waiting = wait(clock, 100, giveUp.signal)
    const reason = new Error('enough')
    giveUp.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    expect(clock.timers).toBe(0)
  })

  it('does not begin when it was given up before', async () => {
    const clock = new ManualClock()
    const reason = new Error('enough')
    await expect(wait(clock, 100, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(clock.timers).toBe(0)
  })

  it('leaves nothing on a signal that outlives it', async () => {
    const clock = new ManualClock()
    const { signal } = new AbortController()
    const listeners = new Set<unknown>()
    signal.addEventListener = (_type: string, listener: unknown) => void listeners.add(listener)
    signal.removeEventListener = (_type: string, listener: unknown) => void listeners.delete(listener)
    const waiting = wait(clock, 100, signal)
    expect(listeners.size).toBe(1)
    await clock.advance(100)
    await waiting
    expect(listeners.size).toBe(0)
  })
})
