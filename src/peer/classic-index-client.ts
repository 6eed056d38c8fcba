import pLimit from 'p-limit'
import { type Address, type DatagramSocket, isLoopback } from '../channel/datagram-socket.js'
import type { ClassicAnswer } from '../classic/reply-codec.js'
import { encodeRequest } from '../classic/request-codec.js'
import type { Clock } from '../clock.js'
import { BitTrickleError } from '../errors.js'
import type { ReplyTo, Request } from '../wire/messages.js'
import { ClassicExchange, type ExchangeResult } from './classic-exchange.js'
import type { IndexAnswer, IndexClient, IndexRequestOptions } from './index-client.js'
import { indexUnreachable, type OpenIndexSocket, openIndexSocket, resolveIndex } from './index-socket.js'
import { refusalError } from './refusal.js'
import type { ServerAddress } from './server-address.js'
import { wait } from './wait.js'

// There are no request ids. Where a request was sent more than once, the answer may come more than once too: so long
// no other request is made, lest the late double pass for its answer.
const SETTLE_TIME = 500

// An original index lets a session end after 3 s of silence.
const ORIGINAL_TIMEOUT = 3100

// A heartbeat has no answer. When nothing was heard for so long, something is asked that has one: a peer that only
// serves would otherwise never notice that the index was started anew and has forgotten it.
const PROBE_AFTER = 10_000

/** What {@link ClassicIndexClient} needs. */
export interface ClassicIndexClientOptions {
  readonly server: ServerAddress
  readonly username: string
  readonly clock: Clock
  /** Replaced in tests. */
  readonly openSocket?: OpenIndexSocket
}

/** Speaks the original plain-text protocol: one request at a time, sent again until it is answered. */
export class ClassicIndexClient implements IndexClient {
  readonly #options: ClassicIndexClientOptions
  readonly #oneAtATime = pLimit(1)
  readonly #closing = new AbortController()
  #index: Address | undefined
  #socket: DatagramSocket | undefined
  #exchange: ClassicExchange | undefined
  #heardAt: number

  constructor(options: ClassicIndexClientOptions) {
    this.#options = options
    this.#heardAt = options.clock.monotonic()
  }

  get isLocal(): boolean {
    return this.#index !== undefined && isLoopback(this.#index.host)
  }

  async open(): Promise<void> {
    this.#closing.signal.throwIfAborted()
    if (this.#socket !== undefined) return
    const { server, openSocket = openIndexSocket } = this.#options
    this.#index = await resolveIndex(server)
    const socket = await openSocket(this.#index)
    if (this.#closing.signal.aborted) {
      await socket.close()
      throw closed()
    }
    this.#socket = socket
    socket.receive({
      message: (datagram, from) => this.#receive(datagram, from),
      error: (cause) => this.#exchange?.fail(indexUnreachable(server, cause)),
    })
  }

  async request<R extends Request>(request: R, options: IndexRequestOptions = {}): Promise<IndexAnswer<R>> {
    if (request.type === 'heartbeat') {
      await this.#beat()
      return { reply: { type: 'heartbeat' } as ReplyTo<R>, omitted: 0 }
    }
    const { reply, omitted } = await this.#oneAtATime(() => this.#askSurely(request, options.signal))
    if (reply.type === 'failure') throw refusalError(reply)
    return { reply: reply as ReplyTo<R>, omitted }
  }

  async #beat(): Promise<void> {
    this.#send(encodeRequest(this.#options.username, { type: 'heartbeat' }))
    const silence = this.#options.clock.monotonic() - this.#heardAt
    if (silence >= PROBE_AFTER && this.#oneAtATime.activeCount === 0) await this.request({ type: 'peers' })
  }

  async #askSurely(request: Request, signal?: AbortSignal): Promise<ClassicAnswer> {
    const giveUp = this.#giveUp(signal)
    const { answer, sends } = await this.#ask(request, giveUp)
    if (sends === 1) return answer
    await wait(this.#options.clock, SETTLE_TIME, giveUp)
    const { reply } = answer
    if (reply.type !== 'failure') return answer
    // What was sent before may have taken effect, and only its answer was lost.
    if (request.type === 'unpublish' && reply.code === 'NOT_PUBLISHED') {
      return { reply: { type: 'unpublish', name: request.name }, omitted: 0 }
    }
    if (request.type === 'login' && reply.code === 'ALREADY_ACTIVE') {
      // Our own index knows a repeated login by its address; an original takes us for another one, until silent.
      await wait(this.#options.clock, ORIGINAL_TIMEOUT, giveUp)
      return (await this.#ask(request, giveUp)).answer
    }
    return answer
  }

  async #ask(request: Request, signal: AbortSignal): Promise<ExchangeResult> {
    const { clock, server, username } = this.#options
    const datagram = encodeRequest(username, request)
    const exchange = new ClassicExchange({
      request,
      clock,
      signal,
      send: () => this.#send(datagram),
      noAnswer: () => indexUnreachable(server),
    })
    this.#exchange = exchange
    try {
      return await exchange.result
    } finally {
      this.#exchange = undefined
    }
  }

  #giveUp(signal: AbortSignal | undefined): AbortSignal {
    if (signal === undefined) return this.#closing.signal
    const aborting = new AbortController()
    const abort = (): void => aborting.abort(new BitTrickleError('ABORTED', 'The request was given up.'))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true, signal: this.#closing.signal })
    return AbortSignal.any([this.#closing.signal, aborting.signal])
  }

  #send(datagram: Buffer): void {
    if (this.#socket === undefined || this.#index === undefined) {
      throw new BitTrickleError('INVALID_STATE', 'The peer has no socket towards the index; log in first.')
    }
    this.#socket.send(datagram, this.#index)
  }

  #receive(datagram: Buffer, from: Address): void {
    if (from.host !== this.#index?.host || from.port !== this.#index.port) return
    this.#heardAt = this.#options.clock.monotonic()
    this.#exchange?.receive(datagram)
  }

  async close(): Promise<void> {
    this.#closing.abort(closed())
    await this.#socket?.close()
  }
}

const closed = (): BitTrickleError => new BitTrickleError('CLOSED', 'The peer was closed.')
