import type { Clock } from '../clock.js'
import type { BitTrickleError } from '../errors.js'
import type { Address } from './datagram-socket.js'
import { NoticeSender } from './notice-sender.js'
import { FrameKind } from './protocol.js'
import type { RandomSource } from './random.js'
import { ReplyCache } from './reply-cache.js'
import { RetransmissionTimes } from './retransmission.js'
import type { TransportKeys } from './transport-keys.js'

const nothing = Buffer.alloc(0)

/** What a channel needs of the server that it belongs to. */
export interface ServerChannelOptions {
  readonly remoteStaticKey: Buffer
  readonly address: Address
  readonly keys: TransportKeys
  readonly clock: Clock
  readonly random: RandomSource
  readonly send: (datagram: Uint8Array, to: Address) => void
  /** A notice waits for its acknowledgement from now on. */
  readonly onWaiting: () => void
}

/** One peer's sealed channel, as the index has it. It lives on when the peer's address or the keys change. */
export class ServerChannel<Data = unknown> {
  /** The peer's device key, proved by the handshake. */
  readonly remoteStaticKey: Buffer
  /** When it was opened, by the monotonic clock. */
  readonly openedAt: number
  /** A place for what the server knows about this peer. */
  data: Data | undefined
  /** @internal */
  readonly replies: ReplyCache = new ReplyCache()
  /** @internal */
  readonly notices: NoticeSender
  #address: Address
  #keys: TransportKeys
  #oldKeys: TransportKeys | undefined
  #heardAt: number
  #closed = false
  #resumed = false
  readonly #options: ServerChannelOptions

  /** @internal */
  constructor(options: ServerChannelOptions) {
    this.#options = options
    this.remoteStaticKey = options.remoteStaticKey
    this.#address = options.address
    this.#keys = options.keys
    this.openedAt = options.clock.monotonic()
    this.#heardAt = this.openedAt
    const times = new RetransmissionTimes(options.random)
    this.notices = new NoticeSender(times, (id, payload) => this.send(FrameKind.Notice, 0, id, payload))
  }

  /** Where the peer's newest authentic datagram came from. */
  get address(): Address {
    return this.#address
  }

  /** When the last authentic datagram came, by the monotonic clock. */
  get heardAt(): number {
    return this.#heardAt
  }

  get closed(): boolean {
    return this.#closed
  }

  /** @internal Whether the present keys went on with a channel that there was. */
  get resumed(): boolean {
    return this.#resumed
  }

  /** @internal */
  get keys(): TransportKeys {
    return this.#keys
  }

  /** @internal */
  get oldKeys(): TransportKeys | undefined {
    return this.#oldKeys
  }

  /**
   * Pushes bytes to the peer: exactly once, in order. Resolves when the peer has them.
   *
   * @throws {@link BitTrickleError} (rejects) `MESSAGE_TOO_LARGE`, `RATE_LIMITED` when the peer leaves too many
   * unacknowledged, `CLOSED`
   */
  notify(payload: Uint8Array): Promise<void> {
    const sent = this.notices.send(payload, this.#options.clock.monotonic())
    this.#options.onWaiting()
    return sent
  }

  /** @internal Seals a frame and sends it to where the peer is. */
  send(kind: number, extra: number, id: number, payload: Uint8Array = nothing): void {
    if (this.#closed) return
    const datagram = this.#keys.seal(kind, extra, id, payload)
    if (datagram !== undefined) this.#options.send(datagram, this.#address)
  }

  /** @internal An authentic datagram came; the newest says where the peer is. */
  heard(from: Address, newest: boolean): void {
    this.#heardAt = this.#options.clock.monotonic()
    if (newest && (from.port !== this.#address.port || from.host !== this.#address.host)) this.#address = from
  }

  /**
   * @internal New keys for the same channel. Returns the keys that are no longer of use: those that the peer is
   * known to have stay until it has shown that it has newer ones.
   */
  rekey(keys: TransportKeys, from: Address): TransportKeys | undefined {
    const useless = this.#keys.confirmed ? this.#oldKeys : this.#keys
    if (this.#keys.confirmed) this.#oldKeys = this.#keys
    this.#keys = keys
    this.#resumed = true
    this.heard(from, true)
    return useless
  }

  /** @internal */
  dropOldKeys(): void {
    this.#oldKeys = undefined
  }

  /** @internal */
  end(error: BitTrickleError): void {
    this.#closed = true
    this.notices.fail(error)
    this.#keys.destroy()
    this.#oldKeys?.destroy()
  }
}
