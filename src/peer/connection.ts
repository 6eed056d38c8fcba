import type { Clock, Timer } from '../clock.js'
import { BitTrickleError, type ErrorCode } from '../errors.js'
import type { LoginRequest, Replies, Request } from '../wire/messages.js'
import { reconnectDelay } from './backoff.js'
import { Heartbeat } from './heartbeat.js'
import type { IndexAnswer, IndexClient } from './index-client.js'

/**
 * `idle`: not logged in, and not trying to be. `connecting`: `login()` is under way. `online`: a session is open.
 * `offline`: there was a session, and the peer tries to open another one. `closed`: for good.
 */
export type ConnectionState = 'idle' | 'connecting' | 'online' | 'offline' | 'closed'

/** What {@link Connection} needs. */
export interface ConnectionOptions {
  readonly client: IndexClient
  readonly clock: Clock
  /** A number from 0 up to but not 1. */
  readonly random: () => number
  /** Makes the request that opens a session. */
  readonly loginRequest: () => Promise<LoginRequest>
  /** A session is open; the promise is waited for before `login()` resolves. */
  readonly onOnline: (reply: Replies['login']) => Promise<void>
  readonly onOffline: (reason: Error) => void
  readonly onReconnecting: (attempt: number, delay: number) => void
}

// No use in trying again: the answer would be the same, and the account might be locked for it.
const FINAL: readonly ErrorCode[] = [
  'AUTHENTICATION_FAILED',
  'SERVER_KEY_CHANGED',
  'UNSUPPORTED_VERSION',
  'FORBIDDEN',
  'SESSION_REPLACED',
  'CLOSED',
]

/** The peer's session at the index: opens it, keeps it alive, and opens it again when it is lost. */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #heartbeat: Heartbeat
  #state: ConnectionState = 'idle'
  #login: Promise<void> | undefined
  #retry: Timer | undefined
  #attempt = 0

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#heartbeat = new Heartbeat(options.clock, () => this.#beat())
  }

  /** Where it stands. */
  get state(): ConnectionState {
    return this.#state
  }

  /** Opens the session. A call while one is under way waits for that; a call while online does nothing. */
  login(): Promise<void> {
    if (this.#state === 'closed') return Promise.reject(closed())
    if (this.#state === 'online' && this.#login === undefined) return Promise.resolve()
    if (this.#login === undefined) {
      this.#retry?.cancel()
      if (this.#state === 'idle') this.#state = 'connecting'
      this.#login = this.#open().finally(() => {
        this.#login = undefined
      })
      // Whoever asked for this try, it took the place of the planned one.
      if (this.#state === 'offline') this.#login.catch((error: Error) => this.#afterFailedTry(error))
    }
    return this.#login
  }

  async #open(): Promise<void> {
    const { client, loginRequest, onOnline } = this.#options
    try {
      await client.open()
      const { reply } = await client.request(await loginRequest())
      if (this.#isClosed()) throw closed()
      this.#state = 'online'
      this.#heartbeat.start(reply.heartbeat.interval)
      await onOnline(reply)
    } catch (error) {
      if (this.#state === 'connecting') this.#state = 'idle'
      throw error
    }
  }

  /**
   * Asks the index. A session that the index no longer knows is opened again, once, and the request repeated.
   * @throws BitTrickleError `NOT_LOGGED_IN` before `login()`, `INDEX_UNREACHABLE` (retryable) while offline, `CLOSED`
   */
  async request<R extends Request>(
    request: R,
    options?: { readonly signal?: AbortSignal },
  ): Promise<IndexAnswer<R>> {
    this.#assertOnline()
    try {
      return await this.#options.client.request(request, options)
    } catch (error) {
      if (!(error instanceof BitTrickleError)) throw error
      if (error.code === 'INDEX_UNREACHABLE') this.lose(error)
      if (error.code !== 'NOT_LOGGED_IN' || this.#isClosed()) throw error
    }
    await this.#reopen()
    return this.#options.client.request(request, options)
  }

  #assertOnline(): void {
    if (this.#state === 'online') return
    if (this.#state === 'closed') throw closed()
    if (this.#state === 'offline') {
      const message = 'The index cannot be reached at present; the peer keeps trying. Ask again later.'
      throw new BitTrickleError('INDEX_UNREACHABLE', message, { retryable: true })
    }
    throw new BitTrickleError('NOT_LOGGED_IN', 'Not logged in; call login() first.')
  }

  // Several requests may find out at once; they share one login.
  async #reopen(): Promise<void> {
    if (this.#login !== undefined) return this.#login
    this.#heartbeat.stop()
    this.#login = this.#open().finally(() => {
      this.#login = undefined
    })
    try {
      await this.#login
    } catch (error) {
      this.lose(error as Error)
      throw error
    }
  }

  #beat(): void {
    this.request({ type: 'heartbeat' }).catch(() => {
      // What can be done about it, request() has begun.
    })
  }

  /** The session is lost, which something else than a request has found out. */
  lose(reason: Error): void {
    if (this.#state !== 'online') return
    this.#heartbeat.stop()
    const isFinal = reason instanceof BitTrickleError && FINAL.includes(reason.code)
    this.#state = isFinal ? 'idle' : 'offline'
    this.#attempt = 0
    this.#options.onOffline(reason)
    if (!isFinal) this.#retryLater()
  }

  /** The index is there again: whoever waits for the next try need not wait longer. */
  found(): void {
    if (this.#state === 'offline' && this.#login === undefined) this.#tryAgain()
  }

  #retryLater(): void {
    if (this.#state !== 'offline') return
    const { clock, random, onReconnecting } = this.#options
    this.#attempt += 1
    const delay = reconnectDelay(this.#attempt, random)
    this.#retry = clock.setTimeout(() => this.#tryAgain(), delay)
    onReconnecting(this.#attempt, delay)
  }

  #tryAgain(): void {
    this.login().catch(() => {
      // What follows from it, #afterFailedTry() has begun.
    })
  }

  #afterFailedTry(error: Error): void {
    if (this.#state !== 'offline') return
    if (error instanceof BitTrickleError && FINAL.includes(error.code)) {
      this.#state = 'idle'
      this.#options.onOffline(error)
    } else {
      this.#retryLater()
    }
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** Ends the session for good. May be called again. */
  async close(): Promise<void> {
    this.#state = 'closed'
    this.#heartbeat.stop()
    this.#retry?.cancel()
    await this.#options.client.close()
    await this.#login?.catch(() => {})
  }
}

const closed = (): BitTrickleError => new BitTrickleError('CLOSED', 'The peer was closed.')
