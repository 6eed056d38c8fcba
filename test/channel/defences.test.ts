import { describe, expect, it } from 'vitest'
import { CookieMaker } from '../../src/channel/cookie.js'
import { addressGroup, HandshakeLimiter } from '../../src/channel/handshake-limiter.js'
import {
  COOKIE_SECRET_LIFETIME_MS,
  MAX_LIMITED_ADDRESSES,
  MAX_RTO_MS,
  MIN_RTO_MS,
} from '../../src/channel/limits.js'
import { RetransmissionTimes } from '../../src/channel/retransmission.js'
import { SeededRandom } from '../helpers/lossy-network.js'
import { ManualClock } from '../helpers/manual-clock.js'

describe('a cookie', () => {
  it('holds for one address and one attempt, and for one to two lifetimes of its secret', async () => {
    const clock = new ManualClock()
    const cookies = new CookieMaker(clock, new SeededRandom(1))
    const from = { host: '10.0.0.1', port: 1234 }
    const message = Buffer.alloc(36, 1)
    const cookie = cookies.make(from, message)
    expect(cookies.verify(cookie, from, message)).toBe(true)
    expect(cookies.verify(cookie, { ...from, port: 1235 }, message)).toBe(false)
    expect(cookies.verify(cookie, { ...from, host: '10.0.0.2' }, message)).toBe(false)
    expect(cookies.verify(cookie, from, Buffer.alloc(36, 2))).toBe(false)
    expect(cookies.verify(Buffer.alloc(16), from, message)).toBe(false)
    await clock.advance(COOKIE_SECRET_LIFETIME_MS)
    expect(cookies.verify(cookie, from, message)).toBe(true)
    await clock.advance(COOKIE_SECRET_LIFETIME_MS)
    expect(cookies.verify(cookie, from, message)).toBe(false)
    const next = cookies.make(from, message)
    await clock.advance(2 * COOKIE_SECRET_LIFETIME_MS)
    expect(cookies.verify(next, from, message)).toBe(false)
  })
})

describe('the limiter of handshakes', () => {
  it('gives each address its burst and its rate, and says how long to wait', async () => {
    const clock = new ManualClock()
    const limiter = new HandshakeLimiter(clock, { burst: 3, perSecond: 2, totalPerSecond: 1000 })
    expect([1, 2, 3, 4].map(() => limiter.take('10.0.0.1'))).toEqual([0, 0, 0, 500])
    expect(limiter.take('10.0.0.2')).toBe(0)
    await clock.advance(500)
    expect(limiter.take('10.0.0.1')).toBe(0)
    expect(limiter.take('10.0.0.1')).toBe(500)
  })

  it('bounds all addresses together, and its own table', () => {
    const limiter = new HandshakeLimiter(new ManualClock(), { burst: 3, perSecond: 2, totalPerSecond: 10 })
    const waits = Array.from({ length: 6000 }, (_, i) => limiter.take(`10.0.${i >> 8}.${i & 255}`))
    expect(waits.filter((wait) => wait === 0)).toHaveLength(10)
    expect(limiter.size).toBe(MAX_LIMITED_ADDRESSES)
  })

  it('takes the /64 of an IPv6 address for one', () => {
    expect(addressGroup('10.1.2.3')).toBe('10.1.2.3')
    expect(addressGroup('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2')
    expect(addressGroup('2001:db8:1:2::9')).toBe('2001:db8:1:2')
    expect(addressGroup('2001:db8::9')).toBe('2001:db8:0:0')
    expect(addressGroup('::1')).toBe('0:0:0:0')
    expect(addressGroup('fe80::')).toBe('fe80:0:0:0')
  })
})

describe('the times of retransmission', () => {
  it('follow the round trip, double, and stay within bounds', () => {
    const random = { bytes: (length: number): Buffer => Buffer.alloc(length), fraction: (): number => 0.5 }
    const times = new RetransmissionTimes(random)
    expect(times.wait(1)).toBe(300)
    times.sample(100)
    expect(times.wait(1)).toBe(300)
    for (let i = 0; i < 100; i++) times.sample(100)
    expect(times.wait(1)).toBeCloseTo(100, 0)
    expect(times.wait(3)).toBeCloseTo(400, 0)
    for (let i = 0; i < 100; i++) times.sample(0.5)
    expect(times.wait(1)).toBe(MIN_RTO_MS)
    expect(times.wait(20)).toBe(MAX_RTO_MS)
  })
})
