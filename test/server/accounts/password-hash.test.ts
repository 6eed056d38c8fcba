import { describe, expect, it } from 'vitest'
import {
  formatHash,
  hashPassword,
  impossibleHash,
  MAX_WAITING_CHECKS,
  parseHash,
  verifyPassword,
} from '../../../src/server/accounts/password-hash.js'

const CHEAP = { ln: 4, r: 8, p: 1 }

describe('scrypt hashes', () => {
  it('reads a hash that another program wrote: RFC 7914, section 12', async () => {
    const hash = parseHash(
      `$scrypt$ln=10,r=8,p=16$${Buffer.from('NaCl0000').toString('base64').replace(/=/g, '')}$${'A'.repeat(86)}`,
    )
    expect(hash).toMatchObject({ ln: 10, r: 8, p: 16, salt: Buffer.from('NaCl0000') })
    const vector = {
      ln: 14,
      r: 8,
      p: 1,
      salt: Buffer.from('SodiumChloride'),
      hash: Buffer.from(
        '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
        'hex',
      ),
    }
    expect(await verifyPassword('pleaseletmein', vector)).toBe(true)
    expect(await verifyPassword('pleaseletmeim', vector)).toBe(false)
  })

  it('writes what it reads, under a fresh salt each time', async () => {
    const [first, second] = [await hashPassword('pw', CHEAP), await hashPassword('pw', CHEAP)]
    expect(parseHash(formatHash(first))).toEqual(first)
    expect(formatHash(first)).toMatch(/^\$scrypt\$ln=4,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(first.salt).not.toEqual(second.salt)
    expect(await verifyPassword('pw', first)).toBe(true)
    expect(await verifyPassword('PW', first)).toBe(false)
  })

  it('takes both Unicode spellings of a password for the same', async () => {
    expect(await verifyPassword('u\u0308', await hashPassword('ü', CHEAP))).toBe(true)
  })

  it.each([
    '',
    'plain',
    '$scrypt$ln=15,r=8,p=1$abc$def',
    '$scrypt$ln=22,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$scrypt$ln=4,r=8,p=17$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$scrypt$ln=0,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  ])('does not read %j', (text) => expect(parseHash(text)).toBeUndefined())

  it('refuses more checks than may wait, rather than letting them pile up', async () => {
    const expected = impossibleHash(CHEAP)
    const checks = Array.from({ length: MAX_WAITING_CHECKS + 1 }, () =>
      verifyPassword('pw', expected).catch((error: { code: string }) => error.code),
    )
    const outcomes = await Promise.all(checks)
    expect(outcomes.filter((outcome) => outcome === 'RATE_LIMITED')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === false)).toHaveLength(MAX_WAITING_CHECKS)
  })
})
