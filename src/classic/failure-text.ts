import type { ErrorCode } from '../errors.js'
import type { FailureReply, Request } from '../wire/messages.js'
import { MAX_CLASSIC_DATAGRAM_BYTES } from './limits.js'

// The code stands behind the sentence, where a person reads past it and our own peer finds it.
const CODE_SUFFIX = / \[([A-Z_]+)\]$/

/** Writes a refusal: `Authentication failed: …` to a login, else `Error: …`, each with the code behind it. */
export function encodeFailure(request: Request, { message, code }: FailureReply): string {
  const start = request.type === 'login' ? 'Authentication failed' : 'Error'
  const suffix = ` [${code}]`
  return cut(`${start}: ${message}`, MAX_CLASSIC_DATAGRAM_BYTES - suffix.length) + suffix
}

function cut(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text
  let bytes = '…'.length * 3
  let end = 0
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxBytes) break
    end += character.length
  }
  return `${text.slice(0, end)}…`
}

/** Reads a refusal, whose code is guessed from the request where an original's server sent free text. */
export function decodeFailure(request: Request, text: string): FailureReply {
  const code = CODE_SUFFIX.exec(text)?.[1]
  const sentence = text.replace(CODE_SUFFIX, '').replace(/^(Authentication failed|Error): /, '')
  return {
    type: 'failure',
    code: code !== undefined && isRefusal(code) ? code : guess(request, text),
    message: makePrintable(sentence),
  }
}

function guess(request: Request, text: string): ErrorCode {
  switch (request.type) {
    case 'login':
      return /active/i.test(text) ? 'ALREADY_ACTIVE' : 'AUTHENTICATION_FAILED'
    case 'unpublish':
      return 'NOT_PUBLISHED'
    case 'locate':
      return /^error you already/i.test(text) ? 'OWN_PUBLICATION' : 'NOT_FOUND'
    default:
      return 'FORBIDDEN'
  }
}

// Only what an index can mean: a stranger's text must not pass for a failure of this machine.
const REFUSALS = [
  'AUTHENTICATION_FAILED',
  'ALREADY_ACTIVE',
  'NOT_LOGGED_IN',
  'FORBIDDEN',
  'RATE_LIMITED',
  'INVALID_NAME',
  'INVALID_OPTION',
  'NOT_FOUND',
  'NOT_PUBLISHED',
  'OWN_PUBLICATION',
  'INDEX_FULL',
  'INTERNAL',
] as const satisfies readonly ErrorCode[]

function isRefusal(code: string): code is (typeof REFUSALS)[number] {
  return (REFUSALS as readonly string[]).includes(code)
}

// The text ends up on somebody's terminal: no escape sequences from the network.
function makePrintable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/gu, ' ').trim()
}
