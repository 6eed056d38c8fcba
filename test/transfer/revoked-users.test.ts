import { describe, expect, it } from 'vitest'
import { RevokedUsers } from '../../src/transfer/revoked-users.js'

const at = (seconds: number): number => seconds * 1000

describe('users whose tickets were taken back', () => {
  it('are refused what they have got so far, and not what they get later', () => {
    const revoked = new RevokedUsers()
    revoked.add(['hans', 'yoda'], 100, at(40))
    expect(revoked.has({ username: 'hans', expiresAt: at(100) })).toBe(true)
    expect(revoked.has({ username: 'yoda', expiresAt: at(99) })).toBe(true)
    expect(revoked.has({ username: 'hans', expiresAt: at(101) })).toBe(false)
    expect(revoked.has({ username: 'luke', expiresAt: at(100) })).toBe(false)
  })

  it('are not let in again by an older word', () => {
    const revoked = new RevokedUsers()
    revoked.add(['hans'], 100, at(40))
    revoked.add(['hans'], 90, at(41))
    expect(revoked.has({ username: 'hans', expiresAt: at(100) })).toBe(true)
  })

  it('are forgotten when no ticket of theirs can count any more, and beyond 10,000', () => {
    const revoked = new RevokedUsers()
    revoked.add(['hans'], 100, at(40))
    revoked.add(['yoda'], 170, at(104))
    expect(revoked.has({ username: 'hans', expiresAt: at(100) })).toBe(true)
    revoked.add(['yoda'], 170, at(105))
    expect(revoked.has({ username: 'hans', expiresAt: at(100) })).toBe(false)
    const many = Array.from({ length: 10_000 }, (_, number) => `user ${number}`)
    revoked.add(many, 170, at(110))
    expect(revoked.has({ username: 'yoda', expiresAt: at(170) })).toBe(false)
    expect(revoked.has({ username: 'user 0', expiresAt: at(170) })).toBe(true)
  })
})
