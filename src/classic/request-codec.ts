import { BitTrickleError } from '../errors.js'
import type { Request } from '../wire/messages.js'
import { quote } from '../wire/names.js'
import { MAX_CLASSIC_DATAGRAM_BYTES } from './limits.js'
import { decodeText, splitWords } from './text.js'

/** A request and the user in whose name it is made. */
export interface ClassicRequest {
  readonly username: string
  readonly request: Request
}

/**
 * Reads a classic datagram: `login USER PASSWORD TCP_PORT`, `heartbeat USER`, `lap USER`, `pub USER FILE`,
 * `unp USER FILE`, `lpf USER`, `sch USER SUBSTRING` or `get USER FILE`.
 *
 * @returns undefined for an unknown command or a wrong number of words, which the original ignores
 */
export function decodeRequest(datagram: Uint8Array): ClassicRequest | undefined {
  if (datagram.length > MAX_CLASSIC_DATAGRAM_BYTES) return undefined
  const text = decodeText(datagram)
  if (text === undefined) return undefined
  const [command, username, ...rest] = splitWords(text)
  if (command === undefined || username === undefined) return undefined
  const request = parse(command, username, rest)
  return request === undefined ? undefined : { username, request }
}

function parse(command: string, username: string, rest: readonly string[]): Request | undefined {
  if (command === 'login') return parseLogin(username, rest)
  const [word] = rest
  if (rest.length === 0) {
    if (command === 'heartbeat') return { type: 'heartbeat' }
    if (command === 'lap') return { type: 'peers' }
    if (command === 'lpf') return { type: 'published' }
  } else if (rest.length === 1 && word !== undefined) {
    if (command === 'pub') return { type: 'publish', name: word }
    if (command === 'unp') return { type: 'unpublish', name: word }
    if (command === 'sch') return { type: 'search', query: word }
    if (command === 'get') return { type: 'locate', name: word }
  }
  return undefined
}

function parseLogin(username: string, rest: readonly string[]): Request | undefined {
  const [password, port] = rest
  if (rest.length !== 2 || password === undefined || port === undefined) return undefined
  // A port that is no number is malformed, like a wrong number of words; its range is the handler's matter.
  if (!/^[0-9]{1,5}$/.test(port)) return undefined
  return { type: 'login', username, password, tcpPort: Number(port) }
}

/**
 * Writes a request as a classic datagram.
 *
 * @throws {@link BitTrickleError} `INVALID_NAME` for a word that holds white space or is empty, `MESSAGE_TOO_LARGE`
 */
export function encodeRequest(username: string, request: Request): Buffer {
  const words = toWords(username, request)
  for (const word of words) {
    if (splitWords(word)[0] !== word) {
      throw new BitTrickleError(
        'INVALID_NAME',
        `The classic protocol cannot say ${quote(word)}: it separates words by white space. Choose a word without.`,
      )
    }
  }
  const datagram = Buffer.from(words.join(' '))
  if (datagram.length > MAX_CLASSIC_DATAGRAM_BYTES) {
    throw new BitTrickleError(
      'MESSAGE_TOO_LARGE',
      `The request takes ${datagram.length} bytes; the classic protocol allows ${MAX_CLASSIC_DATAGRAM_BYTES}.`,
    )
  }
  return datagram
}

function toWords(username: string, request: Request): string[] {
  switch (request.type) {
    case 'login':
      return ['login', request.username, request.password, String(request.tcpPort)]
    case 'logout':
      throw new BitTrickleError(
        'NOT_SUPPORTED',
        'The classic protocol has no way to log out but to fall silent.',
      )
    case 'heartbeat':
      return ['heartbeat', username]
    case 'peers':
      return ['lap', username]
    case 'publish':
      return ['pub', username, request.name]
    case 'unpublish':
      return ['unp', username, request.name]
    case 'published':
      return ['lpf', username]
    case 'search':
      assertClassicSearch(request)
      // Where the answer is read, names that only contain the prefix are left out.
      return ['sch', username, request.query || (request.prefix ?? '')]
    case 'locate':
      return ['get', username, request.name]
    case 'publishAll':
      throw new BitTrickleError('NOT_SUPPORTED', 'The classic protocol publishes names one by one.')
    case 'locateAll':
      throw new BitTrickleError('NOT_SUPPORTED', 'The classic protocol locates names one by one.')
    case 'receipt':
      throw new BitTrickleError('NOT_SUPPORTED', 'The classic protocol has no receipts.')
  }
}

const UNKNOWN_TO_CLASSIC = [
  'root',
  'minSize',
  'maxSize',
  'extension',
  'glob',
  'publishedAfter',
  'publishedBefore',
  'includeOffline',
  'order',
] as const

function assertClassicSearch(request: Extract<Request, { type: 'search' }>): void {
  const option = UNKNOWN_TO_CLASSIC.find((name) => request[name] !== undefined)
  if (option === undefined) return
  throw new BitTrickleError('NOT_SUPPORTED', `The classic protocol cannot search by ${option}.`)
}
