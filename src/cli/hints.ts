import { BitTrickleError, type ErrorCode } from '../index.js'

const AGAIN = 'Say the same again to go on: what has arrived is kept.'
const UPDATE = 'Update the older of the two programs.'

/** What to do next, for the codes whose messages do not say it. */
const HINTS: Readonly<Partial<Record<ErrorCode, string>>> = {
  AUTHENTICATION_FAILED: 'Check the name and the password, or ask the operator of the index for an account.',
  FORBIDDEN: 'Ask the operator of the index.',
  NOT_PUBLISHED: '"bittrickle list" shows what you publish.',
  OUTSIDE_SHARE: 'Put it into the share folder, or name another one: --share FOLDER.',
  TARGET_EXISTS: 'Here that is --as NAME, or --overwrite.',
  TARGET_BUSY: 'Wait until that one has ended.',
  UNSAFE_TARGET: 'Remove the link, or name another folder: --download FOLDER.',
  INDEX_FULL: 'Ask the operator of the index for more room.',
  UPLOADS_FULL: AGAIN,
  INDEX_UNREACHABLE:
    'Check the address, and whether UDP gets through to it: "bittrickle doctor" looks at what can be wrong.',
  INVALID_REPLY: UPDATE,
  PROTOCOL_ERROR: UPDATE,
  SOURCE_UNREACHABLE: 'Try again later, or fetch it from somebody else: --from USER.',
  SOURCE_LOST: AGAIN,
  CONTENT_MISMATCH: 'Fetch it from somebody else, --from USER, and tell whoever publishes it.',
  ADDRESS_IN_USE: 'Name another port, or 0 for a free one: --port 0.',
  FILE_CHANGED: 'Wait until it is written whole, and say the same again.',
  INTERNAL: 'Please report it, with what --debug shows.',
}

/** What to do next about an error; undefined where its message says that. */
export function hintOf(error: unknown): string | undefined {
  if (!(error instanceof BitTrickleError)) return undefined
  if (error.code === 'RATE_LIMITED' && error.retryAfter !== undefined) {
    return `Try again in ${Math.ceil(error.retryAfter / 1000)} s.`
  }
  return HINTS[error.code]
}
