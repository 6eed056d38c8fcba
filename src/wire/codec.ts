import { isUtf8 } from 'node:buffer'
import type { TSchema } from 'typebox'
// And not from typebox/compile, which brings twice as much to read at every start, for types that carry codecs.
import { Compile, type Validator } from 'typebox/schema'
import { BitTrickleError } from '../errors.js'
import { jsonBytes } from './json-bytes.js'
import type { FailureReply, Notice, Page, Replies, Reply, Request } from './messages.js'
import { quote } from './names.js'
import { failureSchema, noticeSchemas, replySchemas, requestSchemas } from './schemas.js'
import { codeOf, statusOf } from './status.js'

// Compiled on first use: a program that never speaks the sealed protocol does not pay for it when it starts.
function compiled<Schemas extends Record<string, TSchema>>(schemas: Schemas) {
  const validators = new Map<string, Validator>()
  return (type: string): Validator | undefined => {
    const known = validators.get(type)
    if (known !== undefined || !Object.hasOwn(schemas, type)) return known
    const validator = Compile(schemas[type] as TSchema)
    validators.set(type, validator)
    return validator
  }
}

const requestValidator = compiled(requestSchemas)
const replyValidator = compiled({ ...replySchemas, failure: failureSchema })
const noticeValidator = compiled(noticeSchemas)

// What a network in peace mostly says, and always in the same words.
const HEARTBEAT = { type: 'heartbeat' } as const
const HEARTBEAT_BYTES = Buffer.from(JSON.stringify(HEARTBEAT))

/** Writes a request as UTF-8 JSON. */
export function encodeRequest(request: Request): Buffer {
  if (request.type === 'heartbeat') return HEARTBEAT_BYTES
  return Buffer.from(JSON.stringify(request))
}

/**
 * Reads a request.
 *
 * @throws {@link BitTrickleError} `NOT_SUPPORTED` for a type that this release does not know, `INVALID_OPTION` for
 * anything else that is no request
 */
export function decodeRequest(bytes: Uint8Array): Request {
  if (HEARTBEAT_BYTES.equals(bytes)) return HEARTBEAT
  const message = parse(bytes)
  if (message === undefined) throw new BitTrickleError('INVALID_OPTION', 'The request is not a message.')
  const { type } = message
  const validator = requestValidator(type)
  if (validator === undefined) {
    throw new BitTrickleError(
      'NOT_SUPPORTED',
      `This index does not know the request ${quote(type)}; it may be older than the peer.`,
    )
  }
  if (!validator.Check(message)) {
    const [, [problem]] = validator.Errors(message)
    throw new BitTrickleError(
      'INVALID_OPTION',
      `The request ${type} is malformed: ${problem?.instancePath ?? ''} ${problem?.message ?? ''}.`,
    )
  }
  return message as Request
}

/**
 * Writes a reply as UTF-8 JSON of at most `maxBytes`: a page gives up its last items, which the next page then
 * begins with, a location its last sources or names, and a sentence is cut.
 *
 * @throws {@link BitTrickleError} `MESSAGE_TOO_LARGE` when not even the first item or source fits
 */
export function encodeReply(reply: Reply, maxBytes: number): Buffer {
  if (reply.type === 'heartbeat') return HEARTBEAT_BYTES
  const bytes = Buffer.from(JSON.stringify(reply.type === 'failure' ? toWire(reply) : reply))
  if (bytes.length <= maxBytes) return bytes
  if ('items' in reply) return encodePage(reply, maxBytes)
  if (reply.type === 'locate') return encodeLocation(reply, maxBytes)
  // The peer asks for the rest in another way.
  if (reply.type === 'locateAll' && reply.found.length > 0) {
    return encodeReply({ ...reply, found: reply.found.slice(0, -1) }, maxBytes)
  }
  if (reply.type === 'failure' && reply.message.length > 0) {
    return encodeReply({ ...reply, message: reply.message.slice(0, -32) }, maxBytes)
  }
  throw new BitTrickleError('MESSAGE_TOO_LARGE', `A reply of ${bytes.length} bytes does not fit ${maxBytes}.`)
}

function toWire({ code, ...rest }: FailureReply): object {
  return { ...rest, status: statusOf(code), message: rest.message.slice(0, 512) }
}

function encodePage(reply: Reply & Page<object>, maxBytes: number): Buffer {
  // The next page begins with what is left out here, wherever this one would have gone on.
  const { items, next: _, ...rest } = reply
  const shown = firstThatFit(items, maxBytes - jsonBytes({ ...rest, more: true, items: [] }))
  // The key of the last item asks for the next page: a page without any would ask for itself.
  if (shown.length === 0) throw new BitTrickleError('MESSAGE_TOO_LARGE', 'An item does not fit a page.')
  return Buffer.from(JSON.stringify({ ...rest, more: true, items: shown }))
}

function encodeLocation(reply: Replies['locate'], maxBytes: number): Buffer {
  const sources = firstThatFit(reply.sources, maxBytes - jsonBytes({ ...reply, sources: [] }))
  // Without any it would be a permission to fetch from nobody.
  if (sources.length === 0) throw new BitTrickleError('MESSAGE_TOO_LARGE', 'A source does not fit a reply.')
  return Buffer.from(JSON.stringify({ ...reply, sources }))
}

/** The first items of a list that has so many bytes of JSON. */
function firstThatFit(items: readonly object[], bytes: number): object[] {
  let room = bytes
  const shown: object[] = []
  for (const item of items) {
    // A comma before each but the first.
    room -= jsonBytes(item) + (shown.length === 0 ? 0 : 1)
    if (room < 0) break
    shown.push(item)
  }
  return shown
}

/**
 * Reads a reply to `request`.
 *
 * @throws {@link BitTrickleError} `INVALID_REPLY` when it is no reply to that request
 */
export function decodeReply(request: Request, bytes: Uint8Array): Reply {
  const message = parse(bytes)
  const validator = message && replyValidator(message.type)
  const isAnswer = message?.type === request.type || message?.type === 'failure'
  if (!isAnswer || validator?.Check(message) !== true) {
    throw new BitTrickleError(
      'INVALID_REPLY',
      `The index answered ${request.type} with what is no reply to it.`,
    )
  }
  if (message.type !== 'failure') return message as Reply
  const { status, ...failure } = message as unknown as { status: number } & Omit<FailureReply, 'code'>
  return { ...failure, code: codeOf(status) }
}

/** Writes a notice as UTF-8 JSON. */
export function encodeNotice(notice: Notice): Buffer {
  return Buffer.from(JSON.stringify(notice))
}

/** Reads a notice; undefined for one that this release does not know, which a newer index may send. */
export function decodeNotice(bytes: Uint8Array): Notice | undefined {
  const message = parse(bytes)
  const validator = message && noticeValidator(message.type)
  return validator?.Check(message) === true ? (message as Notice) : undefined
}

function parse(bytes: Uint8Array): { readonly type: string } | undefined {
  // Invalid UTF-8 must not turn into another name without a word.
  if (!isUtf8(bytes)) return undefined
  try {
    const value: unknown = JSON.parse(textOf(bytes))
    const type: unknown = (value as { type?: unknown } | null)?.type
    return typeof type === 'string' && !Array.isArray(value) ? (value as { type: string }) : undefined
  } catch {
    return undefined
  }
}

// Mostly it is a buffer already, and another view of it would cost as much as the text.
function textOf(bytes: Uint8Array): string {
  if (Buffer.isBuffer(bytes)) return bytes.toString()
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}
