import { expect, it } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.js'
import { exitCodeOf } from '../../src/cli/failures.js'
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

it.each<[ErrorCode, number]>([
  ['INVALID_OPTION', 2],
  ['INVALID_NAME', 2],
  ['NOT_SUPPORTED', 2],
  ['AUTHENTICATION_FAILED', 3],
  ['ALREADY_ACTIVE', 3],
  ['SERVER_KEY_CHANGED', 3],
  ['FORBIDDEN', 3],
  ['AUDIT_BROKEN', 5],
  ['NOT_FOUND', 4],
  ['NOT_PUBLISHED', 4],
  ['INDEX_UNREACHABLE', 6],
  ['SOURCE_UNREACHABLE', 6],
  ['SOURCE_LOST', 6],
  ['ADDRESS_IN_USE', 6],
  ['DISK_ERROR', 1],
  ['AUDIT_FOREIGN', 1],
  ['INTERNAL', 1],
])('%s ends a program with %d', (code, exitCode) => {
  expect(exitCodeOf(new BitTrickleError(code, 'why'))).toBe(exitCode)
})

it.each([new Error('bug'), 'text', undefined, { code: 'NOT_FOUND' }])('%s is a failure like any', (error) => {
  expect(exitCodeOf(error)).toBe(1)
})
