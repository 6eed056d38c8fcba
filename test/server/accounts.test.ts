import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadCredentials, parseCredentials } from '../../src/server/accounts.js'

describe('the credentials file', () => {
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
  ])('says which line is wrong: %j', (text, message) => {
    expect(() => parseCredentials(text, 'c.txt')).toThrow(
      expect.objectContaining({
        code: 'INVALID_CREDENTIALS_FILE',
        message: expect.stringContaining(message),
      }),
    )
  })

  describe('on disk', () => {
    let folder: string
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
    })
    afterEach(() => rm(folder, { recursive: true }))

    it('lets in who knows the password', async () => {
      await writeFile(join(folder, 'c.txt'), 'hans falcon*solo\n__proto__ x\n')
      const authenticate = await loadCredentials(join(folder, 'c.txt'))
      expect(authenticate('hans', 'falcon*solo')).toBe(true)
      expect(authenticate('hans', 'falcon*sol')).toBe(false)
      expect(authenticate('hans', '')).toBe(false)
      expect(authenticate('nobody', '')).toBe(false)
      expect(authenticate('constructor', '')).toBe(false)
      expect(authenticate('__proto__', 'x')).toBe(true)
    })

    it('says when it is missing', async () => {
      await expect(loadCredentials(join(folder, 'none.txt'))).rejects.toMatchObject({
        code: 'INVALID_CREDENTIALS_FILE',
        message: expect.stringContaining('ENOENT'),
      })
    })
  })
})
