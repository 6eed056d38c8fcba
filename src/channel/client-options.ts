import type { Clock } from '../clock.js'
import type { Address } from './datagram-socket.js'
import type { KeyPair } from './noise.js'
import type { RandomSource } from './random.js'

/**
 * Where a channel stands: not in use; being opened by `connect`; open; lost and being opened again, for as long as
 * it takes; closed for good.
 */
export type ClientState = 'idle' | 'connecting' | 'open' | 'reconnecting' | 'closed'

/** What goes with a change of state. */
export interface StateDetail {
  /** With `open`: whether it is the same channel at the index as before, so that nobody needs to log in again. */
  readonly resumed?: boolean
  /** Why it left `open` or gave up, where something went wrong. */
  readonly error?: unknown
}

/** What a {@link ChannelClient} needs. */
export interface ChannelClientOptions {
  /** The peer's device key. */
  readonly keyPair: KeyPair
  /** The index's IP address and port. */
  readonly server: Address
  /** Puts a datagram on the socket. */
  readonly send: (datagram: Uint8Array, to: Address) => void
  /** The index pushes bytes: each once, in order. */
  readonly onNotice?: (notice: Buffer) => void
  readonly onState?: (state: ClientState, detail: StateDetail) => void
  /** `onNotice` failed. */
  readonly onError?: (error: unknown) => void
  readonly clock?: Clock
  readonly random?: RandomSource
}

/** How to open a channel. */
export interface ConnectOptions {
  /** The index's key, where it is known. */
  readonly expectedServerKey?: Uint8Array
  /** Called with the index's key before ours is shown to it; throws to refuse, and `connect` rejects with that. */
  readonly verifyServerKey?: (key: Buffer) => void
  /**
   * How long to try, in milliseconds.
   * @defaultValue 15000
   */
  readonly deadline?: number
}
