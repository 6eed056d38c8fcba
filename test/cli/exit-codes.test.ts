import { readFile } from 'node:fs/promises'
import { CommanderError } from 'commander'
import { describe, expect, it } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.js'
import { EXIT_CODES, exitCodeOf } from '../../src/cli/failures.js'
import { BitTrickleError, type ErrorCode } from '../../src/index.js'

it('are fixed: scripts depend on them', () => {
  expect(EXIT).toEqual({
    ok: 0,
    failure: 1,
    usage: 2,
    authentication: 3,
    notFound: 4,
    integrity: 5,
    network: 6,
  })
})

it('there is one for every code of src/errors.ts, and for nothing else', async () => {
  const text = await readFile(new URL('../../src/errors.ts', import.meta.url), 'utf8')
  const union = /export type ErrorCode =([\s\S]*?)\n\n/.exec(text)?.[1] ?? ''
  const codes = [...union.matchAll(/\| '([A-Z_]+)'/g)].map(([, code]) => code)
  expect(codes.length).toBeGreaterThan(20)
  expect(Object.keys(EXIT_CODES).sort()).toEqual(codes.sort())
})

it.each<[number, ErrorCode[]]>([
  [2, ['INVALID_OPTION', 'INVALID_NAME', 'NOT_SUPPORTED', 'OUTSIDE_SHARE']],
  [
    3,
    [
      'AUTHENTICATION_FAILED',
      'ALREADY_ACTIVE',
      'NOT_LOGGED_IN',
      'SERVER_KEY_CHANGED',
      'SESSION_REPLACED',
      'FORBIDDEN',
    ],
  ],
  [4, ['NOT_FOUND', 'NOT_PUBLISHED', 'OWN_PUBLICATION']],
  [5, ['CONTENT_MISMATCH', 'AUDIT_BROKEN', 'STORE_DAMAGED']],
  [
    6,
    [
      'INDEX_UNREACHABLE',
      'SOURCE_UNREACHABLE',
      'SOURCE_LOST',
      'ADDRESS_IN_USE',
      'RATE_LIMITED',
      'UPLOADS_FULL',
    ],
  ],
  [1, ['DISK_ERROR', 'TARGET_EXISTS', 'AUDIT_FOREIGN', 'ABORTED', 'INTERNAL']],
])('%d is that of %j', (exitCode, codes) => {
  for (const code of codes) expect(exitCodeOf(new BitTrickleError(code, 'why')), code).toBe(exitCode)
})

describe('what is no error of ours', () => {
  it.each([new Error('bug'), 'text', undefined, { code: 'NOT_FOUND' }])(
    '%s is a failure like any',
    (error) => {
      expect(exitCodeOf(error)).toBe(1)
    },
  )

  it('wrong words are a usage error', () => {
    expect(exitCodeOf(new CommanderError(1, 'commander.unknownOption', 'error: no'))).toBe(2)
  })
})
