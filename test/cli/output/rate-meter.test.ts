import { describe, expect, it } from 'vitest'
import { RateMeter } from '../../../src/cli/output/rate-meter.js'

describe('the rate', () => {
  it('is unknown before anything has come', () => {
    const meter = new RateMeter()
    expect(meter.rate(0)).toBe(0)
    meter.add(0, 0)
    expect(meter.rate(1000)).toBe(0)
    expect(meter.eta(100, 1000)).toBeUndefined()
  })

  it('is that of the last seconds, not that since the beginning', () => {
    const meter = new RateMeter()
    // A slow half minute, then a fast one.
    for (let second = 0; second <= 30; second += 1) meter.add(second * 10, second * 1000)
    expect(meter.rate(30_000)).toBe(10)
    for (let second = 31; second <= 40; second += 1) meter.add(300 + (second - 30) * 1000, second * 1000)
    expect(meter.rate(40_000)).toBe(1000)
    expect(meter.eta(20_300, 40_000)).toBe(10_000)
  })

  it('falls while nothing comes', () => {
    const meter = new RateMeter()
    meter.add(0, 0)
    meter.add(4000, 1000)
    expect(meter.rate(1000)).toBe(4000)
    expect(meter.rate(4000)).toBe(1000)
    expect(meter.rate(60_000)).toBe(0)
    expect(meter.eta(10_000, 60_000)).toBeUndefined()
  })

  it('does not count what was there already', () => {
    const meter = new RateMeter()
    meter.add(1_000_000, 0)
    meter.add(1_000_100, 1000)
    expect(meter.rate(1000)).toBe(100)
  })

  it('begins anew when bytes turn out to be of no use', () => {
    const meter = new RateMeter()
    meter.add(0, 0)
    meter.add(1000, 1000)
    meter.add(500, 1100)
    expect(meter.rate(1200)).toBe(0)
    meter.add(600, 2100)
    expect(meter.rate(2100)).toBe(100)
  })

  it('remembers few of many reports', () => {
    const meter = new RateMeter()
    for (let at = 0; at < 100_000; at += 1) meter.add(at, at / 1000)
    meter.add(100_000, 1000)
    expect(meter.rate(1000)).toBe(100_000)
  })

  it('knows when all is there', () => {
    const meter = new RateMeter()
    meter.add(100, 0)
    expect(meter.eta(100, 0)).toBe(0)
  })
})
