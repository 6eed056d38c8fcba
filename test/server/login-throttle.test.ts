import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LoginThrottle } from '../../src/server/login-throttle.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const HOST = '192.0.2.1'

class Probe extends Error {}

/** How long a try would have to wait. It counts for nothing. */
async function waitOf(throttle: LoginThrottle, username: string, host: string = HOST): Promise<number> {
  try {
    await throttle.attempt(username, host, () => Promise.reject(new Probe()))
  } catch (error) {
    if (error instanceof Probe) return 0
    expect(error).toMatchObject({ code: 'RATE_LIMITED', retryable: true })
    return (error as { retryAfter: number }).retryAfter
  }
  throw new Error('it did not try')
}

/** A wrong password, where one may be tried. */
async function fail(throttle: LoginThrottle, username: string, host: string): Promise<void> {
  expect(await throttle.attempt(username, host, async () => false)).toBe(false)
}

describe('failed logins', () => {
  it('cost nothing at first, then twice the wait each time, up to a quarter of an hour', async () => {
    const throttle = new LoginThrottle()
    const waits: number[] = []
    for (let failure = 0; failure < 15; failure += 1) {
      // From everywhere, so that it is the user who is slowed.
      await fail(throttle, 'hans', `192.0.2.${failure}`)
      const wait = await waitOf(throttle, 'hans', '203.0.113.9')
      waits.push(wait / 1000)
      vi.advanceTimersByTime(wait)
      expect(await waitOf(throttle, 'hans', '203.0.113.9')).toBe(0)
    }
    expect(waits).toEqual([0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])
  })

  it('of one user do not slow another', async () => {
    const throttle = new LoginThrottle()
    for (let failure = 0; failure < 4; failure += 1) await fail(throttle, 'hans', HOST)
    expect(await waitOf(throttle, 'hans')).toBeGreaterThan(0)
    expect(await waitOf(throttle, 'yoda')).toBe(0)
  })

  it('slow an address that tries many users, and the whole /64 of an IPv6 address', async () => {
    const throttle = new LoginThrottle()
    for (let failure = 0; failure < 31; failure += 1) {
      await fail(throttle, `user${failure}`, HOST)
      await fail(throttle, `user${failure + 100}`, `2001:db8:0:2:${failure}::1`)
    }
    expect(await waitOf(throttle, 'yoda', HOST)).toBe(1000)
    expect(await waitOf(throttle, 'yoda', '192.0.2.2')).toBe(0)
    expect(await waitOf(throttle, 'yoda', '2001:db8::2:1:2:3:ffff')).toBe(1000)
    expect(await waitOf(throttle, 'yoda', '2001:db8::3:0:0:0:1')).toBe(0)
  })

  it('are forgotten once the user has logged in, and after an hour', async () => {
    const throttle = new LoginThrottle()
    for (let failure = 0; failure < 4; failure += 1) await fail(throttle, 'hans', HOST)
    expect(await waitOf(throttle, 'hans')).toBe(1000)
    vi.advanceTimersByTime(1000)
    expect(await throttle.attempt('hans', HOST, async () => true)).toBe(true)
    expect(await waitOf(throttle, 'hans')).toBe(0)
    for (let failure = 0; failure < 3; failure += 1) await fail(throttle, 'hans', HOST)
    vi.advanceTimersByTime(3_600_001)
    await fail(throttle, 'hans', HOST)
    expect(await waitOf(throttle, 'hans')).toBe(0)
  })

  it('that are tried all at once are not all checked', async () => {
    const throttle = new LoginThrottle()
    let checked = 0
    const guess = async (): Promise<boolean> => {
      checked += 1
      await Promise.resolve()
      return false
    }
    const tries = Array.from({ length: 100 }, () =>
      throttle.attempt('hans', HOST, guess).catch(() => 'refused'),
    )
    await Promise.all(tries)
    expect(checked).toBe(4)
    expect(await waitOf(throttle, 'hans')).toBe(1000)
  })
})
