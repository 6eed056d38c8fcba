import type { Clock } from '../clock.js'
import type { Address } from './datagram-socket.js'
import type { HandshakeLimits } from './handshake-limiter.js'
import type { KeyPair } from './noise.js'
import type { RandomSource } from './random.js'
import type { ServerChannel } from './server-channel.js'

/** Why a channel ended: the peer closed it, we did, it fell silent, its keys ran out. */
export type ChannelEnd = 'peer' | 'closed' | 'idle' | 'expired'

/** What a {@link ChannelServer} needs. */
export interface ChannelServerOptions<Data = unknown> {
  /** The index's long-lived key. */
  readonly keyPair: KeyPair
  /** Puts a datagram on the socket. */
  readonly send: (datagram: Uint8Array, to: Address) => void
  /**
   * Carries a request out, exactly once, and gives the reply. The bytes belong to it; the reply must not change
   * afterwards, since a repeat of the request is answered with it.
   */
  readonly onRequest: (channel: ServerChannel<Data>, request: Buffer) => Uint8Array | Promise<Uint8Array>
  readonly onOpen?: (channel: ServerChannel<Data>) => void
  readonly onClose?: (channel: ServerChannel<Data>, end: ChannelEnd) => void
  /** A handshake was refused, since this address makes too many, or all together do. */
  readonly onLimited?: (address: Address, retryAfter: number) => void
  /** `onRequest` failed, or made a reply that fits no datagram: a fault of the program. */
  readonly onError?: (error: unknown) => void
  readonly handshakes?: Partial<HandshakeLimits>
  /** @defaultValue 100000 */
  readonly maxChannels?: number
  /**
   * Milliseconds without a datagram after which a channel is closed.
   * @defaultValue 120000
   */
  readonly idleTimeout?: number
  readonly clock?: Clock
  readonly random?: RandomSource
}
