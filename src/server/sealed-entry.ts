import { ChannelServer } from '../channel/channel-server.js'
import type { Address } from '../channel/datagram-socket.js'
import { defaultHandshakeLimits, type HandshakeLimits } from '../channel/handshake-limiter.js'
import type { KeyPair } from '../channel/noise.js'
import { type RandomSource, systemRandom } from '../channel/random.js'
import type { ServerChannel } from '../channel/server-channel.js'
import type { HandlerContext } from './handlers/context.js'
import { logout } from './handlers/logout.js'
import { SealedCaller } from './sealed-caller.js'

/** What {@link SealedEntry} needs besides the handlers' context. */
export interface SealedEntryOptions {
  readonly context: HandlerContext
  /** The index's identity. */
  readonly keyPair: KeyPair
  readonly send: (datagram: Uint8Array, to: Address) => void
  /** Replaced in tests. */
  readonly random?: RandomSource
}

/** The way in for sealed datagrams: a channel for each peer, and requests out of each to the handlers. */
export class SealedEntry {
  readonly #context: HandlerContext
  readonly #channels: ChannelServer<SealedCaller>

  constructor({ context, keyPair, send, random = systemRandom }: SealedEntryOptions) {
    this.#context = context
    const { clock, emit, logger } = context
    this.#channels = new ChannelServer<SealedCaller>({
      keyPair,
      send,
      clock,
      random,
      // Asked for each time: the limits may change.
      get maxChannels() {
        return context.limits.channels
      },
      handshakes: handshakeLimits(context.limits.handshakesPerSecond),
      onRequest: (channel, request) => this.#callerOf(channel).answer(request),
      onClose: (channel, end) => {
        if (end === 'peer') this.#endSession(channel)
      },
      onLimited: (address, retryAfter) => emit('limited', { what: 'handshakes', address, retryAfter }),
      onError: (cause) => {
        logger.error('request failed', { cause: String(cause) })
        emit('warning', { message: 'A request failed inside the index.', cause })
      },
    })
  }

  /** Takes a datagram, which is altered; false when it is not a sealed one. */
  handle(datagram: Buffer, from: Address): boolean {
    return this.#channels.handle(datagram, from)
  }

  /** How many channels are open, logged in or not. */
  get size(): number {
    return this.#channels.size
  }

  /** Ends every channel; the peers are told. */
  close(): void {
    this.#channels.close()
  }

  // Made with the first request: a channel that asks for nothing costs no more than itself.
  #callerOf(channel: ServerChannel<SealedCaller>): SealedCaller {
    channel.data ??= new SealedCaller(this.#context, channel)
    return channel.data
  }

  // A peer that closes its channel is gone, even if its request to log out was lost.
  #endSession({ data: caller }: ServerChannel<SealedCaller>): void {
    const session = caller?.findSession()
    if (session !== undefined) void logout(this.#context, session, { type: 'logout' })
  }
}

// An operator who allows one address more must not be held back by the bound on all together.
function handshakeLimits(perSecond: number): HandshakeLimits {
  const totalPerSecond = Math.max(perSecond, defaultHandshakeLimits.totalPerSecond)
  return { perSecond, burst: 5 * perSecond, totalPerSecond }
}
