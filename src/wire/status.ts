import type { ErrorCode } from '../errors.js'

/**
 * How a refusal is numbered in a control message, both ways. The numbers follow HTTP's (RFC 9110, section 15) where
 * it has one of that meaning. Only what an index can mean stands here: a stranger's number must not pass for a
 * failure of this machine.
 */
const STATUS_OF_CODE = {
  INVALID_OPTION: 400,
  AUTHENTICATION_FAILED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  ALREADY_ACTIVE: 409,
  NOT_PUBLISHED: 410,
  MESSAGE_TOO_LARGE: 413,
  INVALID_NAME: 422,
  RATE_LIMITED: 429,
  NOT_LOGGED_IN: 440,
  OWN_PUBLICATION: 441,
  INTERNAL: 500,
  NOT_SUPPORTED: 501,
  UNSUPPORTED_VERSION: 505,
  INDEX_FULL: 507,
} as const satisfies Partial<Record<ErrorCode, number>>

const CODE_OF_STATUS: ReadonlyMap<number, ErrorCode> = new Map(
  Object.entries(STATUS_OF_CODE).map(([code, status]) => [status, code as ErrorCode]),
)

/** The number of a code; a code that no index means is its own failure. */
export function statusOf(code: ErrorCode): number {
  const statuses: Partial<Record<ErrorCode, number>> = STATUS_OF_CODE
  return statuses[code] ?? STATUS_OF_CODE.INTERNAL
}

/** The code of a number; one that a newer index made up is a refusal without a known reason. */
export function codeOf(status: number): ErrorCode {
  return CODE_OF_STATUS.get(status) ?? (status >= 500 ? 'INTERNAL' : 'FORBIDDEN')
}
