import { BitTrickleError } from '../errors.js'
import { MAX_QUEUED_REQUESTS, REQUEST_DEADLINE_MS } from './limits.js'
import { tooLarge } from './notice-sender.js'
import { MAX_PAYLOAD_BYTES, REQUEST_WINDOW, RefusalReason } from './protocol.js'
import type { RetransmissionTimes } from './retransmission.js'

/** What a caller may say about one request. */
export interface RequestOptions {
  /** Gives the request up; it may have taken effect all the same. */
  readonly signal?: AbortSignal
  /**
   * How long to try, in milliseconds.
   * @defaultValue 15000
   */
  readonly deadline?: number
}

interface Request {
  readonly payload: Uint8Array
  readonly resolve: (reply: Buffer) => void
  readonly reject: (error: BitTrickleError) => void
  readonly expiresAt: number
  readonly signal: AbortSignal | undefined
  onAbort: (() => void) | undefined
  id: number
  tries: number
  sentAt: number
  dueAt: number
}

/** Puts one request on the wire: `span` is the distance from its id to the oldest that is still waited for. */
export type TransmitRequest = (id: number, span: number, payload: Uint8Array) => void

/** Sends requests until each has its reply, no more than a window of ids at a time. */
export class RequestSender {
  readonly #times: RetransmissionTimes
  readonly #transmit: TransmitRequest
  readonly #sent = new Map<number, Request>()
  readonly #queue: Request[] = []
  #nextId = 1
  #oldest = 1
  #open = false

  constructor(times: RetransmissionTimes, transmit: TransmitRequest) {
    this.#times = times
    this.#transmit = transmit
  }

  /** Whether any request waits. */
  get waiting(): boolean {
    return this.#sent.size > 0 || this.#queue.length > 0
  }

  /** Whether any request that was sent waits for its reply. */
  get inFlight(): number {
    return this.#sent.size
  }

  /**
   * Sends a request as soon as the window has room.
   *
   * @throws {@link BitTrickleError} (rejects) `MESSAGE_TOO_LARGE`, `RATE_LIMITED`, `ABORTED`, `INDEX_UNREACHABLE`,
   * `INVALID_REPLY`, `INTERNAL`
   */
  request(payload: Uint8Array, options: RequestOptions, now: number): Promise<Buffer> {
    const { signal, deadline = REQUEST_DEADLINE_MS } = options
    if (payload.length > MAX_PAYLOAD_BYTES) return Promise.reject(tooLarge(payload.length))
    if (signal?.aborted) return Promise.reject(aborted(signal))
    if (this.#queue.length >= MAX_QUEUED_REQUESTS) return Promise.reject(tooMany(MAX_QUEUED_REQUESTS))
    return new Promise((resolve, reject) => {
      const expiresAt = now + deadline
      const request: Request = {
        payload,
        resolve,
        reject,
        expiresAt,
        signal,
        onAbort: undefined,
        id: 0,
        tries: 0,
        sentAt: 0,
        dueAt: 0,
      }
      if (signal !== undefined) {
        request.onAbort = () => this.#fail(request, aborted(signal))
        signal.addEventListener('abort', request.onAbort)
      }
      this.#queue.push(request)
      this.#flush(now)
    })
  }

  /** The reply to a request; a repeat of it finds nothing. */
  onReply(id: number, reply: Buffer, now: number): void {
    const request = this.#sent.get(id)
    if (request === undefined) return
    if (request.tries === 1) this.#times.sample(now - request.sentAt)
    this.#remove(request)
    request.resolve(reply)
    this.#flush(now)
  }

  onRefusal(id: number, reason: number, now: number): void {
    const request = this.#sent.get(id)
    if (request === undefined) return
    this.#fail(request, refused(reason))
    this.#flush(now)
  }

  /** The channel is open: what waits is sent, and what was sent is sent again at once. */
  open(now: number): void {
    this.#open = true
    for (const request of this.#sent.values()) this.#send(request, now)
    this.#flush(now)
  }

  /** Nothing is sent until {@link open}. */
  pause(): void {
    this.#open = false
  }

  /** The other end has forgotten the channel: what was sent has an unknown fate; ids begin anew. */
  reset(error: BitTrickleError): void {
    for (const request of [...this.#sent.values()]) this.#fail(request, error)
    this.#nextId = 1
    this.#oldest = 1
  }

  /** Ends everything. */
  fail(error: BitTrickleError): void {
    for (const request of [...this.#sent.values(), ...this.#queue]) this.#fail(request, error)
  }

  /** Sends again what is due, and gives up what is past its deadline. */
  tick(now: number): void {
    for (const request of this.#sent.values()) {
      if (request.expiresAt <= now) this.#fail(request, unanswered())
      else if (this.#open && request.dueAt <= now) this.#send(request, now)
    }
    for (const request of this.#queue.filter(({ expiresAt }) => expiresAt <= now)) {
      this.#fail(request, unanswered())
    }
    this.#flush(now)
  }

  #flush(now: number): void {
    while (this.#open && this.#nextId - this.#oldest < REQUEST_WINDOW) {
      const request = this.#queue.shift()
      if (request === undefined) return
      request.id = this.#nextId++
      this.#sent.set(request.id, request)
      this.#send(request, now)
    }
  }

  #send(request: Request, now: number): void {
    request.tries++
    request.sentAt = now
    request.dueAt = now + this.#times.wait(request.tries)
    this.#transmit(request.id, request.id - this.#oldest, request.payload)
  }

  #fail(request: Request, error: BitTrickleError): void {
    this.#remove(request)
    request.reject(error)
  }

  #remove(request: Request): void {
    if (request.onAbort !== undefined) request.signal?.removeEventListener('abort', request.onAbort)
    if (request.id === 0) {
      this.#queue.splice(this.#queue.indexOf(request), 1)
      return
    }
    this.#sent.delete(request.id)
    while (this.#oldest < this.#nextId && !this.#sent.has(this.#oldest)) this.#oldest++
  }
}

function aborted(signal: AbortSignal): BitTrickleError {
  return new BitTrickleError('ABORTED', 'The request was given up by its caller.', { cause: signal.reason })
}

function tooMany(count: number): BitTrickleError {
  return new BitTrickleError(
    'RATE_LIMITED',
    `${count} requests wait for the index already; try again later.`,
    {
      retryable: true,
    },
  )
}

function unanswered(): BitTrickleError {
  return new BitTrickleError(
    'INDEX_UNREACHABLE',
    'The index did not answer in time; the request may have taken effect. Check the address and the network.',
    { retryable: true },
  )
}

function refused(reason: number): BitTrickleError {
  switch (reason) {
    case RefusalReason.Busy:
      return new BitTrickleError('RATE_LIMITED', 'The index is busy with this channel; try again later.', {
        retryable: true,
      })
    case RefusalReason.Forgotten:
      return new BitTrickleError(
        'INVALID_REPLY',
        'The index carried the request out and no longer has its reply; ask it for the present state.',
      )
    case RefusalReason.Failed:
      return new BitTrickleError('INTERNAL', 'The index failed on the request; its log says why.')
    default:
      return new BitTrickleError('INVALID_REPLY', `The index refused the request (reason ${reason}).`)
  }
}
