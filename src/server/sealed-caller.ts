import type { Address } from '../channel/datagram-socket.js'
import { formatKey } from '../channel/key-file.js'
import { MAX_PAYLOAD_BYTES } from '../channel/protocol.js'
import { BitTrickleError } from '../errors.js'
import { decodeRequest, encodeNotice, encodeReply } from '../wire/codec.js'
import { MAX_PAGE_ITEMS } from '../wire/limits.js'
import type { FailureReply, Notice, Reply, Request } from '../wire/messages.js'
import type { Caller, HandlerContext } from './handlers/context.js'
import { handleRequest, tellRefused } from './handlers/index.js'
import { RequestBudget } from './request-budget.js'
import type { Session } from './sessions.js'

/** What a {@link SealedCaller} needs of a channel. */
export interface PeerChannel {
  readonly address: Address
  /** The key of the device at the other end. */
  readonly remoteStaticKey: Buffer
  notify(notice: Uint8Array): Promise<void>
}

/** Who asks through a sealed channel: ties the channel to the session that logs in through it. */
export class SealedCaller implements Caller {
  readonly #context: HandlerContext
  readonly #channel: PeerChannel
  readonly #budget: RequestBudget
  readonly deviceKey: string
  #session: Session | undefined

  constructor(context: HandlerContext, channel: PeerChannel) {
    this.#context = context
    this.#channel = channel
    this.#budget = new RequestBudget(context.clock, context.limits.requestsPerSecond)
    this.deviceKey = formatKey(channel.remoteStaticKey)
  }

  get address(): Address {
    return this.#channel.address
  }

  get username(): string | undefined {
    return this.#session?.username
  }

  bind(session: Session): void {
    this.#session = session
  }

  findSession(): Session | undefined {
    const session = this.#session
    return session !== undefined && this.#context.sessions.isCurrent(session) ? session : undefined
  }

  notify(notice: Notice): void {
    this.#channel.notify(encodeNotice(notice)).catch(() => {
      // The channel ended first: there is nobody to tell.
    })
  }

  /** Answers a request, at once where nothing has to be waited for. */
  answer(bytes: Uint8Array): Buffer | Promise<Buffer> {
    const reply = this.#reply(bytes)
    return reply instanceof Promise ? reply.then(encode) : encode(reply)
  }

  #reply(bytes: Uint8Array): Reply | Promise<Reply> {
    const { emit } = this.#context
    const wait = this.#budget.take()
    if (wait > 0) {
      emit('limited', {
        what: 'requests',
        address: this.address,
        ...(this.username === undefined ? {} : { username: this.username }),
        retryAfter: wait,
      })
      tellRefused(this.#context, this, 'RATE_LIMITED')
      return refuse(
        new BitTrickleError('RATE_LIMITED', 'Too many requests; ask more slowly.', { retryAfter: wait }),
      )
    }
    try {
      return handleRequest(this.#context, this, withPageSize(decodeRequest(bytes)))
    } catch (error) {
      if (!(error instanceof BitTrickleError)) throw error
      emit('warning', { message: `A malformed request was refused: ${error.message}`, address: this.address })
      tellRefused(this.#context, this, error.code)
      return refuse(error)
    }
  }
}

function encode(reply: Reply): Buffer {
  try {
    return encodeReply(reply, MAX_PAYLOAD_BYTES)
  } catch (error) {
    // Of a store that took what is no name, for instance: the peer must hear why it gets nothing.
    if (!(error instanceof BitTrickleError)) throw error
    return encodeReply(refuse(error), MAX_PAYLOAD_BYTES)
  }
}

// More items than a datagram can hold need not be looked up.
function withPageSize(request: Request): Request {
  if (request.type !== 'peers' && request.type !== 'published' && request.type !== 'search') return request
  return { ...request, limit: Math.min(request.limit ?? MAX_PAGE_ITEMS, MAX_PAGE_ITEMS) }
}

function refuse({ code, message, retryAfter }: BitTrickleError): FailureReply {
  return { type: 'failure', code, message, ...(retryAfter === undefined ? {} : { retryAfter }) }
}
