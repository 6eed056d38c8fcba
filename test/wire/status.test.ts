import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/errors.js'
import { codeOf, statusOf } from '../../src/wire/status.js'

describe('statuses', () => {
  it.each<[ErrorCode, number]>([
    ['AUTHENTICATION_FAILED', 401],
    ['NOT_FOUND', 404],
    ['ALREADY_ACTIVE', 409],
    ['RATE_LIMITED', 429],
    ['NOT_LOGGED_IN', 440],
    ['UNSUPPORTED_VERSION', 505],
  ])('%s is %i, both ways', (code, status) => {
    expect(statusOf(code)).toBe(status)
    expect(codeOf(status)).toBe(code)
  })

  it('come back as they went, for every number there is', () => {
    for (let status = 0; status < 1000; status += 1) {
      const code = codeOf(status)
      expect(codeOf(statusOf(code))).toBe(code)
    }
  })
})
