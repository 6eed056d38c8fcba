import { BitTrickleError, type ErrorCode } from '../errors.js'
import type { FailureReply } from '../wire/messages.js'

// What another moment may answer otherwise.
const RETRYABLE: readonly ErrorCode[] = [
  'ALREADY_ACTIVE',
  'NOT_FOUND',
  'RATE_LIMITED',
  'INDEX_FULL',
  'INTERNAL',
]

/** The error that an index answered with. */
export function refusalError({ code, message, retryAfter }: FailureReply): BitTrickleError {
  return new BitTrickleError(code, message, {
    retryable: RETRYABLE.includes(code),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  })
}
