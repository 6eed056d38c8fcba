import { ChannelClient } from '../channel/channel-client.js'
import type { StateDetail } from '../channel/client-options.js'
import { type Address, type DatagramSocket, formatAddress, isLoopback } from '../channel/datagram-socket.js'
import { formatKey } from '../channel/key-file.js'
import type { KeyPair } from '../channel/noise.js'
import { type RandomSource, systemRandom } from '../channel/random.js'
import type { Clock } from '../clock.js'
import { BitTrickleError } from '../errors.js'
import { loadPart } from '../load-part.js'
import type * as Codec from '../wire/codec.js'
import type { ReplyTo, Request } from '../wire/messages.js'
import type { IndexAnswer, IndexClient, IndexClientEvents, IndexRequestOptions } from './index-client.js'
import {
  indexUnreachable,
  isSameSide,
  type OpenIndexSocket,
  openIndexSocket,
  type ResolveIndex,
  resolveIndex,
} from './index-socket.js'
import type { KnownServers } from './known-servers.js'
import { refusalError } from './refusal.js'
import type { ServerAddress } from './server-address.js'
import { sessionEnded } from './session-ended.js'
import { wait } from './wait.js'

// How long one try to reach the index takes. Who tries again begins with asking DNS anew.
const OPEN_DEADLINE = 15_000

// Logging out spares others the wait for our silence; it is not worth more of the user's time than this.
const LOGOUT_DEADLINE = 1000

/** What {@link SealedIndexClient} needs. */
export interface SealedIndexClientOptions {
  readonly server: ServerAddress
  /** Reads or makes the device key, on the first use. */
  readonly deviceKey: () => Promise<KeyPair>
  readonly knownServers: KnownServers
  readonly clock: Clock
  readonly events: IndexClientEvents
  /** Replaced in tests. */
  readonly openSocket?: OpenIndexSocket
  /** Replaced in tests. */
  readonly resolve?: ResolveIndex
  /** Replaced in tests. */
  readonly random?: RandomSource
}

/** Speaks to the index through a sealed channel, which finds the index again by itself when it was lost. */
export class SealedIndexClient implements IndexClient {
  readonly #options: SealedIndexClientOptions
  readonly #closing = new AbortController()
  #index: Address | undefined
  #socket: DatagramSocket | undefined
  #channel: ChannelClient | undefined
  #codec: typeof Codec | undefined
  #isLost = false
  #hasSession = false
  #opening: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined

  constructor(options: SealedIndexClientOptions) {
    this.#options = options
  }

  get isLocal(): boolean {
    return this.#index !== undefined && isLoopback(this.#index.host)
  }

  async open(): Promise<void> {
    this.#closing.signal.throwIfAborted()
    if (this.#channel?.state === 'open') return
    const index = await this.#reach()
    const channel = await this.#makeChannel(index)
    channel.moveTo(index)
    if (channel.state === 'idle') await this.#connect(channel)
    else if (channel.state !== 'open') await this.#untilOpen()
  }

  // Asked anew at every try: the index may have moved.
  async #reach(): Promise<Address> {
    const { server, resolve = resolveIndex, openSocket = openIndexSocket } = this.#options
    const index = await resolve(server)
    if (this.#socket === undefined || this.#index === undefined || !isSameSide(this.#index, index)) {
      const socket = await openSocket(index)
      await this.#socket?.close()
      this.#socket = socket
      socket.receive({
        message: (datagram, from) => this.#channel?.handle(datagram, from),
        // What could not be sent counts as lost: it is sent again.
        error: () => {},
      })
    }
    this.#index = index
    if (this.#closing.signal.aborted) await this.#socket.close()
    this.#closing.signal.throwIfAborted()
    return index
  }

  async #makeChannel(server: Address): Promise<ChannelClient> {
    const { deviceKey, clock, random = systemRandom, events } = this.#options
    if (this.#channel !== undefined) return this.#channel
    const keyPair = await deviceKey()
    const codec = await loadPart(() => import('../wire/codec.js'))
    this.#closing.signal.throwIfAborted()
    this.#codec = codec
    this.#channel = new ChannelClient({
      keyPair,
      server,
      clock,
      random,
      send: (datagram, to) => this.#socket?.send(datagram, to),
      onState: (state, detail) => this.#onState(state, detail),
      onNotice: (bytes) => {
        const notice = codec.decodeNotice(bytes)
        if (notice?.type === 'ended') events.onLost(sessionEnded(notice.reason))
        else if (notice?.type === 'revoked') events.onRevoked(notice.usernames, notice.expires)
      },
    })
    return this.#channel
  }

  async #connect(channel: ChannelClient): Promise<void> {
    const { server, knownServers } = this.#options
    const name = formatAddress(server)
    const known = server.key ?? (await knownServers.find(name))
    const verifyServerKey = (key: Buffer): void => {
      if (known !== undefined && !key.equals(known)) throw keyChanged(name, known, key)
    }
    try {
      await channel.connect({ verifyServerKey, deadline: OPEN_DEADLINE })
    } catch (error) {
      const isSilence = error instanceof BitTrickleError && error.code === 'INDEX_UNREACHABLE'
      throw isSilence ? indexUnreachable(server, error) : error
    }
    if (known === undefined && channel.serverKey !== undefined) {
      await knownServers.remember(name, channel.serverKey)
    }
  }

  // The channel looks for the index by itself; this waits a while for it to succeed.
  async #untilOpen(): Promise<void> {
    const { clock, server } = this.#options
    const found = new AbortController()
    const opened = new Promise<void>((resolve, reject) => {
      this.#opening = { resolve, reject }
    })
    const givenUp = wait(clock, OPEN_DEADLINE, AbortSignal.any([found.signal, this.#closing.signal])).then(
      () => {
        throw indexUnreachable(server)
      },
    )
    try {
      await Promise.race([opened, givenUp])
    } finally {
      this.#opening = undefined
      givenUp.catch(() => {})
      found.abort()
    }
  }

  #onState(state: ChannelClient['state'], { error }: StateDetail): void {
    const { events, server } = this.#options
    if (state === 'reconnecting') {
      this.#isLost = true
      events.onLost(indexUnreachable(server, error))
    } else if (state === 'open') {
      this.#opening?.resolve()
      if (this.#isLost) events.onFound()
      this.#isLost = false
    } else if (state === 'idle') {
      this.#opening?.reject(error ?? indexUnreachable(server))
    }
  }

  async request<R extends Request>(
    request: R,
    { signal }: IndexRequestOptions = {},
  ): Promise<IndexAnswer<R>> {
    this.#closing.signal.throwIfAborted()
    if (this.#channel === undefined || this.#codec === undefined) throw indexUnreachable(this.#options.server)
    const { encodeRequest, decodeReply } = this.#codec
    const bytes = await this.#channel.request(encodeRequest(request), signal === undefined ? {} : { signal })
    const reply = decodeReply(request, bytes)
    if (reply.type === 'failure') throw refusalError(reply)
    if (request.type === 'login') this.#hasSession = true
    return { reply: reply as ReplyTo<R>, omitted: 0 }
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(new BitTrickleError('CLOSED', 'The peer was closed.'))
    if (this.#hasSession && this.#codec !== undefined && this.#channel?.state === 'open') {
      const logout = this.#codec.encodeRequest({ type: 'logout' })
      await this.#channel.request(logout, { deadline: LOGOUT_DEADLINE }).catch(() => {
        // The index finds out by our silence.
      })
    }
    this.#channel?.close()
    await this.#socket?.close()
  }
}

/** The error for an index that shows another key than the one that is known. */
export function keyChanged(server: string, known: Uint8Array, shown: Uint8Array): BitTrickleError {
  return new BitTrickleError(
    'SERVER_KEY_CHANGED',
    `THE KEY OF ${server} IS NOT THE ONE THAT IS KNOWN. Someone may stand between you and the index, or the index was ` +
      `set up anew. Ask its operator for the key: expected ${formatKey(known)}, received ${formatKey(shown)}. ` +
      `If the new one is right, put it into the address, or forget the old one with "bittrickle forget ${server}".`,
  )
}
