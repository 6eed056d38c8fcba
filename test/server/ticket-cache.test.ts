import { beforeEach, describe, expect, it } from 'vitest'
import { TicketCache } from '../../src/server/ticket-cache.js'
import { type TicketClaims, TicketSigner } from '../../src/transfer/ticket.js'
import { ManualClock } from '../helpers/manual-clock.js'

const CLAIMS: TicketClaims = { username: 'hans', fingerprint: 'F', root: 'R', size: 1 }

let signed: TicketClaims[]
let now: number
let cache: TicketCache

beforeEach(() => {
  signed = []
  now = Date.UTC(2030, 0, 1)
  const signer = new TicketSigner(Buffer.alloc(32, 7))
  const counting = {
    publicKey: signer.publicKey,
    sign: (claims: TicketClaims, at: number) => {
      signed.push(claims)
      return signer.sign(claims, at)
    },
  } as TicketSigner
  const clock = Object.assign(new ManualClock(), { now: () => now })
  cache = new TicketCache(counting, clock)
})

describe('a ticket', () => {
  it('is signed once for some seconds, and then anew', () => {
    const first = cache.issue(CLAIMS)
    now += 4999
    expect(cache.issue(CLAIMS)).toBe(first)
    expect(signed).toHaveLength(1)
    now += 1
    expect(cache.issue(CLAIMS)).not.toBe(first)
    expect(signed).toHaveLength(2)
  })

  it('is never that of other claims', () => {
    const all = [
      CLAIMS,
      { ...CLAIMS, username: 'yoda' },
      { ...CLAIMS, fingerprint: 'G' },
      { ...CLAIMS, root: 'S' },
      { ...CLAIMS, size: 2 },
    ]
    expect(new Set(all.map((claims) => cache.issue(claims))).size).toBe(all.length)
    expect(signed).toEqual(all)
  })

  it('is signed anew when the clock was set back: it would last too long', () => {
    cache.issue(CLAIMS)
    now -= 3_600_000
    cache.issue(CLAIMS)
    expect(signed).toHaveLength(2)
  })
})

describe('the cache', () => {
  it('drops what is too old, the next time that something is signed', () => {
    for (let size = 0; size < 100; size += 1) cache.issue({ ...CLAIMS, size })
    expect(cache.size).toBe(100)
    now += 5000
    cache.issue(CLAIMS)
    expect(cache.size).toBe(1)
  })

  it('drops the oldest when it is full', () => {
    for (let size = 0; size < 5000; size += 1) cache.issue({ ...CLAIMS, size })
    expect(cache.size).toBe(4096)
    signed = []
    cache.issue({ ...CLAIMS, size: 4999 })
    expect(signed).toHaveLength(0)
    cache.issue({ ...CLAIMS, size: 0 })
    expect(signed).toHaveLength(1)
  })
})
