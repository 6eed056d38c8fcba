import { BitTrickleError, type ErrorCode } from '../index.js'

/** What the programs exit with. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  authentication: 3,
  notFound: 4,
  integrity: 5,
  network: 6,
} as const

const CODES: Partial<Record<ErrorCode, number>> = {
  INVALID_OPTION: EXIT.usage,
  INVALID_NAME: EXIT.usage,
  NOT_SUPPORTED: EXIT.usage,
  AUTHENTICATION_FAILED: EXIT.authentication,
  ALREADY_ACTIVE: EXIT.authentication,
  SERVER_KEY_CHANGED: EXIT.authentication,
  SESSION_REPLACED: EXIT.authentication,
  FORBIDDEN: EXIT.authentication,
  NOT_FOUND: EXIT.notFound,
  NOT_PUBLISHED: EXIT.notFound,
  INDEX_UNREACHABLE: EXIT.network,
  SOURCE_UNREACHABLE: EXIT.network,
  SOURCE_LOST: EXIT.network,
  ADDRESS_IN_USE: EXIT.network,
}

/** The exit code for an error. */
export function exitCodeOf(error: unknown): number {
  return error instanceof BitTrickleError ? (CODES[error.code] ?? EXIT.failure) : EXIT.failure
}
