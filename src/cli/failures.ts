import { BitTrickleError, type ErrorCode } from '../index.js'
import { EXIT } from './exit-codes.js'

const CODES: Partial<Record<ErrorCode, number>> = {
  INVALID_OPTION: EXIT.usage,
  INVALID_NAME: EXIT.usage,
  NOT_SUPPORTED: EXIT.usage,
  AUTHENTICATION_FAILED: EXIT.authentication,
  ALREADY_ACTIVE: EXIT.authentication,
  SERVER_KEY_CHANGED: EXIT.authentication,
  SESSION_REPLACED: EXIT.authentication,
  FORBIDDEN: EXIT.authentication,
  AUDIT_BROKEN: EXIT.integrity,
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

/** What went wrong, as a sentence; with `debug`, where. */
export function describeError(error: unknown, debug: boolean): string {
  if (debug && error instanceof Error) return error.stack ?? error.message
  if (error instanceof BitTrickleError) return error.message
  return `Unexpected failure: ${error instanceof Error ? error.message : String(error)} (--debug shows where)`
}
