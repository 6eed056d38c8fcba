import { describe, expect, it } from 'vitest'
import { checkerOf, parseCredentials, plainUsers } from '../../../src/server/accounts/credentials.js'
import { formatHash, hashPassword } from '../../../src/server/accounts/password-hash.js'

const CHEAP = { ln: 4, r: 8, p: 1 }
const SECRET = formatHash(await hashPassword('falcon*solo', CHEAP))

describe('the text of a credentials file', () => {
  it('has a user name and a password a line', () => {
    const text = 'hans falcon*solo\r\n\n  yoda\twise@!man  \nhans newer'
    expect([...parseCredentials(text, 'f')]).toEqual([
      ['hans', 'newer'],
      ['yoda', 'wise@!man'],
    ])
  })

  it.each([
    ['hans', 'Line 1 of "c.txt" has 1 word(s)'],
    ['hans a\nyoda a b', 'Line 2 of "c.txt" has 3 word(s)'],
    [`${'h'.repeat(65)} pw`, 'has a user name that is longer than 64 bytes'],
    [`hans ${'p'.repeat(257)}`, 'has a password that is longer than 256 bytes'],
    ['hans a\x07', 'has a password that contains a control character'],
    ['hans $scrypt$nonsense', 'has a hash that is malformed'],
    [`hans ${SECRET.replace('ln=4', 'ln=25')}`, 'dearer than 256 MiB'],
  ])('says which line is wrong: %j', (text, message) => {
    expect(() => parseCredentials(text, 'c.txt')).toThrow(
      expect.objectContaining({
        code: 'INVALID_CREDENTIALS_FILE',
        message: expect.stringContaining(message),
      }),
    )
  })

  it('lets in who knows the password, hashed or plain', async () => {
    const credentials = parseCredentials(`hans ${SECRET}\nyoda wise@!man\n__proto__ x`, 'f')
    const check = checkerOf(credentials)
    expect(await check('hans', 'falcon*solo')).toBe(true)
    expect(await check('yoda', 'wise@!man')).toBe(true)
    expect(await check('__proto__', 'x')).toBe(true)
    expect(await check('hans', 'falcon*sol')).toBe(false)
    expect(await check('hans', SECRET)).toBe(false)
    expect(await check('yoda', '')).toBe(false)
    expect(await check('nobody', '')).toBe(false)
    expect(await check('constructor', '')).toBe(false)
    expect(plainUsers(credentials)).toEqual(['yoda', '__proto__'])
  })
})
