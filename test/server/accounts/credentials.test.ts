import { describe, expect, it } from 'vitest'
import {
  checkerOf,
  formatCredentials,
  parseCredentials,
  plainUsers,
} from '../../../src/server/accounts/credentials.js'
import { formatHash, hashPassword } from '../../../src/server/accounts/password-hash.js'

const CHEAP = { ln: 4, r: 8, p: 1 }
const SECRET = formatHash(await hashPassword('falcon*solo', CHEAP))

describe('the text of a credentials file', () => {
  it('has a user name and a password a line', () => {
    const text = 'hans falcon*solo\r\n\n  yoda\twise@!man  \nhans newer'
    expect([...parseCredentials(text, 'f').secrets]).toEqual([
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

describe('groups in a credentials file', () => {
  it('stand behind "@", and several lines of one add up', () => {
    const { groups, secrets } = parseCredentials(
      'hans a\n@design hans yoda\n@ops luke\n@design  luke\n@none\n',
      'f',
    )
    expect([...groups].map(([group, members]) => [group, [...members]])).toEqual([
      ['design', ['hans', 'yoda', 'luke']],
      ['ops', ['luke']],
    ])
    expect([...secrets.keys()]).toEqual(['hans'])
  })

  it.each([
    ['@ hans', 'Line 1 of "c.txt" has a group name that is empty'],
    ['@@x hans', 'has a group name that begins with "@@"'],
    [`@${'g'.repeat(64)} hans`, 'has a group name that is longer than 63 bytes'],
    ['@design @ops', 'has a member whose name begins with "@"'],
  ])('are refused where they can be none: %j', (text, message) => {
    expect(() => parseCredentials(text, 'c.txt')).toThrow(message)
  })

  it('are written as they are read', () => {
    const text = `hans ${SECRET}\nyoda wise@!man\n@design hans yoda\n`
    expect(formatCredentials(parseCredentials(text, 'f'))).toBe(text)
  })
})

describe('an account that is disabled', () => {
  const credentials = parseCredentials(`hans !${SECRET}\nyoda !plain\n`, 'f')

  it('lets nobody in, by no password', async () => {
    const check = checkerOf(credentials)
    expect(await check('hans', 'falcon*solo')).toBe(false)
    expect(await check('hans', `!${SECRET}`)).toBe(false)
    expect(await check('hans', '')).toBe(false)
  })

  it('is not one whose plain password begins with the same sign', async () => {
    expect(await checkerOf(credentials)('yoda', '!plain')).toBe(true)
    expect(plainUsers(credentials)).toEqual(['yoda'])
  })

  it('is read only with a hash that is one', () => {
    expect(() => parseCredentials('hans !$scrypt$nonsense', 'f')).toThrow('has a hash that is malformed')
  })
})
