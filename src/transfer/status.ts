import type { ErrorCode } from '../errors.js'

/** All is well. */
export const STATUS_OK = 0

/** What the data channel says in numbers. A number never changes its meaning. */
const STATUSES = {
  PROTOCOL_ERROR: 1,
  UNSUPPORTED_VERSION: 2,
  // The ticket is not valid, has run out, or is for something else.
  FORBIDDEN: 3,
  // The source has no such content, or not this piece of it.
  NOT_FOUND: 4,
  FILE_CHANGED: 5,
  FILE_UNREADABLE: 6,
  UPLOADS_FULL: 7,
  RATE_LIMITED: 8,
  // The receiver took nothing for too long, and its slot went to the next.
  SOURCE_LOST: 9,
  CLOSED: 10,
  INTERNAL: 11,
} as const satisfies Partial<Record<ErrorCode, number>>

const NUMBERS: ReadonlyMap<ErrorCode, number> = new Map(Object.entries(STATUSES) as [ErrorCode, number][])
const CODES: ReadonlyMap<number, ErrorCode> = new Map([...NUMBERS].map(([code, status]) => [status, code]))

/** The number of an error code. What the other side need not know is `INTERNAL`. */
export function statusOf(code: ErrorCode): number {
  return NUMBERS.get(code) ?? STATUSES.INTERNAL
}

/** The error code of a number; `INTERNAL` for one that a later version may have added. */
export function codeOf(status: number): ErrorCode {
  return CODES.get(status) ?? 'INTERNAL'
}
