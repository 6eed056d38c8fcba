import type { FailureReply, Reply, Request } from '../wire/messages.js'
import { nameProblem, usernameProblem } from '../wire/names.js'
import { decodeFailure, encodeFailure } from './failure-text.js'
import { MAX_CLASSIC_DATAGRAM_BYTES } from './limits.js'
import { decodeList, encodeList, type ListNoun } from './list-text.js'
import { decodeText, splitWords } from './text.js'

const WELCOME = 'Welcome to BitTrickle!'

const NOUNS = {
  peers: { one: 'active peer', many: 'active peers', none: 'No active peers', mark: /\bpeer/i },
  published: { one: 'file published', many: 'files published', none: 'No files published', mark: /publish/i },
  search: { one: 'file found', many: 'files found', none: 'No files found', mark: /found/i },
} as const satisfies Record<string, ListNoun>

/**
 * Writes a reply as a classic datagram of at most 1,024 bytes.
 *
 * @returns undefined where the classic protocol has no answer: to a heartbeat, granted or not
 */
export function encodeReply(request: Request, reply: Reply): Buffer | undefined {
  if (request.type === 'heartbeat') return undefined
  return Buffer.from(toText(request, reply))
}

function toText(request: Request, reply: Reply): string {
  switch (reply.type) {
    case 'login':
      return WELCOME
    case 'logout':
    case 'heartbeat':
    // Which nobody can ask for.
    case 'publishAll':
    case 'locateAll':
    case 'receipt':
      return ''
    case 'publish':
      return reply.created ? `OK published ${reply.name}` : `OK ${reply.name} was already published`
    case 'unpublish':
      return `OK unpublished ${reply.name}`
    case 'locate': {
      const [source] = reply.sources
      if (source === undefined) throw new Error('a granted locate names a source')
      return `200 ${source.host} ${source.port}`
    }
    case 'peers':
      return encodeList(NOUNS.peers, usernames(reply.items), MAX_CLASSIC_DATAGRAM_BYTES)
    case 'published':
    case 'search':
      return encodeList(NOUNS[reply.type], names(reply.items), MAX_CLASSIC_DATAGRAM_BYTES)
    case 'failure':
      return encodeFailure(request, reply)
  }
}

const usernames = (items: readonly { readonly username: string }[]): string[] =>
  items.map(({ username }) => username)
const names = (items: readonly { readonly name: string }[]): string[] => items.map(({ name }) => name)

/** What a classic datagram answers. */
export interface ClassicAnswer {
  readonly reply: Reply
  /** How many items of a list the index left out, since they did not fit or are no valid names. */
  readonly omitted: number
}

/**
 * Reads the answer to a request, in our own words or in the free text of the original's servers.
 *
 * @returns undefined when the datagram cannot be the answer to this request: there are no request ids, so the late
 * double of an earlier answer is told by its form
 */
export function decodeReply(request: Request, datagram: Uint8Array): ClassicAnswer | undefined {
  const text = decodeText(datagram)
  if (text === undefined || text === '') return undefined
  switch (request.type) {
    case 'logout':
    case 'heartbeat':
    case 'publishAll':
    case 'locateAll':
    case 'receipt':
      return undefined
    case 'login':
      return decodeLogin(request, text)
    case 'publish':
    case 'unpublish':
      return decodeChange(request, text)
    case 'locate':
      return decodeLocate(request, text)
    case 'peers':
    case 'published':
    case 'search':
      return decodeListReply(request, text)
  }
}

type Form = 'login' | 'locate' | 'change' | 'list' | 'free'

function formOf(text: string): Form {
  if (text === WELCOME || text.startsWith('Authentication failed')) return 'login'
  if (/^200 \S+ \d+$/.test(text)) return 'locate'
  if (text.startsWith('OK ')) return 'change'
  if (/^\d+ [^\n]*:(\n|$)/.test(text)) return 'list'
  return 'free'
}

function decodeLogin(request: Request, text: string): ClassicAnswer | undefined {
  if (text === WELCOME) return answer({ type: 'login', heartbeat: { interval: 2000, timeout: 3000 } })
  // Free text that does not begin so is a stray: a refusal always does.
  return formOf(text) === 'login' ? answer(decodeFailure(request, text)) : undefined
}

function decodeChange(
  request: Extract<Request, { type: 'publish' | 'unpublish' }>,
  text: string,
): ClassicAnswer | undefined {
  const form = formOf(text)
  if (form !== 'change' && form !== 'free') return undefined
  const { name } = request
  const said = withoutName(text, name)
  if (form === 'free' && /error|fail|❌/iu.test(said)) return answer(decodeFailure(request, text))
  if (request.type === 'unpublish') return answer({ type: 'unpublish', name })
  return answer({ type: 'publish', name, created: !/\balready\b/i.test(said) })
}

// What is said about "error.log" or "already-read.txt" is neither an error nor old.
function withoutName(text: string, name: string): string {
  const words = splitWords(text)
  const index = words.findIndex((word) => word === name || word === `'${name}'`)
  return words.filter((_word, other) => other !== index).join(' ')
}

function decodeLocate(
  request: Extract<Request, { type: 'locate' }>,
  text: string,
): ClassicAnswer | undefined {
  const form = formOf(text)
  if (form === 'free') return answer(decodeFailure(request, text))
  if (form !== 'locate') return undefined
  const [, host = '', portWord = ''] = splitWords(text)
  const port = Number(portWord)
  if (port < 1 || port > 65_535) return undefined
  return answer({ type: 'locate', sources: [{ host, port }] })
}

function decodeListReply(
  request: Extract<Request, { type: 'peers' | 'published' | 'search' }>,
  text: string,
): ClassicAnswer | undefined {
  const form = formOf(text)
  if (form === 'free' && text.startsWith('Error')) return answer(decodeFailure(request, text))
  if (form !== 'list' && form !== 'free') return undefined
  const [firstLine = ''] = text.split('\n', 1)
  const others = Object.entries(NOUNS).filter(([type]) => type !== request.type)
  const isOther = others.some(([, noun]) => noun.mark.test(firstLine))
  if (isOther && !NOUNS[request.type].mark.test(firstLine)) return undefined
  const list = form === 'list' ? decodeList(text) : { items: [], count: 0 }
  const isValid = (item: string): boolean =>
    (request.type === 'peers' ? usernameProblem(item) : nameProblem(item)) === undefined
  const items = list.items.filter(isValid)
  const prefix = 'prefix' in request ? (request.prefix ?? '') : ''
  const wanted = items.filter((item) => item.startsWith(prefix))
  return { reply: toListReply(request.type, wanted), omitted: Math.max(0, list.count - items.length) }
}

function toListReply(type: 'peers' | 'published' | 'search', items: readonly string[]): Reply {
  if (type === 'peers') return { type, items: items.map((username) => ({ username })), more: false }
  return { type, items: items.map((name) => ({ name })), more: false }
}

function answer(reply: Exclude<Reply, FailureReply> | FailureReply): ClassicAnswer {
  return { reply, omitted: 0 }
}
