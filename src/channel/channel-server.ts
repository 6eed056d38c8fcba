import { type Clock, systemClock } from '../clock.js'
import { BitTrickleError } from '../errors.js'
import { ChannelTable } from './channel-table.js'
import type { Address } from './datagram-socket.js'
import { encodeIndexed, encodeRefused, isSealed } from './datagrams.js'
import { defaultHandshakeLimits } from './handshake-limiter.js'
import {
  FULL_RETRY_MS,
  IDLE_TIMEOUT_MS,
  MAX_CHANNELS,
  OLD_KEYS_LIFETIME_MS,
  SWEEP_MS,
  TICK_MS,
} from './limits.js'
import { noise } from './packages.js'
import {
  CloseReason,
  DATA_HEADER_BYTES,
  DatagramType,
  FrameKind,
  KEYS_LIFETIME_MS,
  RefusedReason,
} from './protocol.js'
import { type RandomSource, systemRandom } from './random.js'
import { RequestExecutor } from './request-executor.js'
import { ResetTokens } from './reset-token.js'
import type { FinishedHandshake } from './responder-handshake.js'
import { ResponderHandshakes } from './responder-handshakes.js'
import { ServerChannel } from './server-channel.js'
import type { ChannelEnd, ChannelServerOptions } from './server-options.js'
import { Ticker } from './ticker.js'
import type { OpenedFrame } from './transport-keys.js'

/** The index's end: many sealed channels over one socket that it shares with classic. */
export class ChannelServer<Data = unknown> {
  readonly #options: ChannelServerOptions<Data>
  readonly #clock: Clock
  readonly #random: RandomSource
  readonly #channels = new ChannelTable<Data>()
  readonly #handshakes: ResponderHandshakes
  readonly #resetTokens: ResetTokens
  readonly #executor: RequestExecutor<Data>
  readonly #notifying = new Set<ServerChannel<Data>>()
  readonly #ticker: Ticker
  readonly #sweeper: Ticker
  #closed = false

  constructor(options: ChannelServerOptions<Data>) {
    this.#options = options
    // Loaded now, and not while the first peers wait.
    noise()
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? systemRandom
    this.#handshakes = new ResponderHandshakes({
      keyPair: options.keyPair,
      clock: this.#clock,
      random: this.#random,
      limits: { ...defaultHandshakeLimits, ...options.handshakes },
      taken: (index) => this.#channels.has(index),
      onLimited: (address, retryAfter) => options.onLimited?.(address, retryAfter),
    })
    this.#resetTokens = new ResetTokens(options.keyPair.secretKey)
    this.#executor = new RequestExecutor(options.onRequest, (error) => options.onError?.(error))
    this.#ticker = new Ticker(this.#clock, TICK_MS, (now) => this.#tick(now))
    this.#sweeper = new Ticker(this.#clock, SWEEP_MS, (now) => this.#sweep(now))
  }

  /** The open channels. */
  channels(): Iterable<ServerChannel<Data>> {
    return this.#channels
  }

  /** How many channels are open. */
  get size(): number {
    return this.#channels.size
  }

  /** How many handshakes wait for their last message, and how many addresses are being counted. */
  get pressure(): { readonly halfOpen: number; readonly limitedAddresses: number } {
    return { halfOpen: this.#handshakes.size, limitedAddresses: this.#handshakes.limitedAddresses }
  }

  /** Takes a datagram, which is altered; false when it is not a sealed one, but perhaps classic's. */
  handle(datagram: Buffer, from: Address): boolean {
    if (!isSealed(datagram)) return false
    if (this.#closed) return true
    switch (datagram[0]) {
      case DatagramType.Data:
        this.#onData(datagram, from)
        break
      case DatagramType.Hello: {
        const answer = this.#handshakes.onHello(datagram, from)
        if (answer !== undefined) this.#options.send(answer, from)
        this.#sweeper.start()
        break
      }
      case DatagramType.Finish:
        this.#onFinish(datagram, from)
        break
    }
    return true
  }

  /** Ends a channel and tells the peer, which may open another. */
  closeChannel(channel: ServerChannel<Data>): void {
    if (channel.closed) return
    channel.send(FrameKind.Close, CloseReason.Closed, 0)
    this.#end(channel, 'closed')
  }

  /** Ends every channel and leaves no timer. */
  close(): void {
    if (this.#closed) return
    for (const channel of [...this.#channels]) {
      channel.send(FrameKind.Close, CloseReason.ShuttingDown, 0)
      this.#end(channel, 'closed')
    }
    this.#closed = true
    this.#handshakes.clear()
    this.#ticker.stop()
    this.#sweeper.stop()
  }

  #onFinish(datagram: Buffer, from: Address): void {
    const known = this.#channels.get(this.#handshakes.receiverOf(datagram))
    if (known !== undefined) {
      // The last handshake datagram again: our answer was lost. It goes to the peer, wherever this came from.
      if (!known.keys.confirmed) this.#ready(known.channel)
      return
    }
    const finished = this.#handshakes.onFinish(datagram, from)
    if (finished === undefined) return
    const resumed = this.#resume(finished, from)
    // Only now is it known who asks, and that it is not one whose channel is here already.
    if (resumed === undefined && this.#channels.size >= (this.#options.maxChannels ?? MAX_CHANNELS)) {
      this.#options.send(encodeRefused(RefusedReason.Full, FULL_RETRY_MS, finished.message1), from)
    } else this.#ready(resumed ?? this.#open(finished, from))
  }

  #resume(
    { keys, remoteStaticKey, resume }: FinishedHandshake,
    from: Address,
  ): ServerChannel<Data> | undefined {
    const channel = this.#channels.get(resume)?.channel
    if (channel === undefined || !channel.remoteStaticKey.equals(remoteStaticKey)) return undefined
    const dropped = channel.rekey(keys, from)
    if (dropped !== undefined) this.#channels.dropKeys(dropped)
    this.#channels.addKeys(channel, keys)
    return channel
  }

  #open({ keys, remoteStaticKey }: FinishedHandshake, from: Address): ServerChannel<Data> {
    const channel: ServerChannel<Data> = new ServerChannel<Data>({
      remoteStaticKey,
      address: from,
      keys,
      clock: this.#clock,
      random: this.#random,
      send: this.#options.send,
      onWaiting: () => {
        this.#notifying.add(channel)
        this.#ticker.start()
      },
    })
    this.#channels.add(channel)
    this.#sweeper.start()
    this.#options.onOpen?.(channel)
    return channel
  }

  #ready(channel: ServerChannel<Data>): void {
    const token = this.#resetTokens.make(channel.keys.localIndex, channel.address)
    channel.send(FrameKind.Ready, channel.resumed ? 1 : 0, 0, token)
  }

  #onData(datagram: Buffer, from: Address): void {
    if (datagram.length < DATA_HEADER_BYTES) return
    const index = datagram.readUInt32BE(4)
    const known = this.#channels.get(index)
    if (known === undefined) {
      this.#onUnknown(datagram, index, from)
      return
    }
    const frame = known.keys.open(datagram)
    if (frame === undefined) return
    const { channel, keys } = known
    channel.heard(from, frame.newest && keys === channel.keys)
    this.#onFrame(channel, frame)
  }

  #onUnknown(datagram: Buffer, index: number, from: Address): void {
    const reset = encodeIndexed(DatagramType.Reset, index, this.#resetTokens.make(index, from))
    // Smaller than what it answers, so that two ends that know nothing never keep each other busy.
    if (datagram.length > reset.length && !this.#handshakes.has(index)) this.#options.send(reset, from)
  }

  #onFrame(channel: ServerChannel<Data>, { kind, extra, id, payload }: OpenedFrame): void {
    switch (kind) {
      case FrameKind.Request:
        this.#executor.execute(channel, id, extra, payload)
        break
      case FrameKind.NoticeAck:
        channel.notices.acknowledge(id, this.#clock.monotonic())
        break
      case FrameKind.Close:
        this.#end(channel, 'peer')
        break
    }
  }

  #tick(now: number): boolean {
    for (const channel of this.#notifying) {
      if (channel.notices.waiting) channel.notices.tick(now)
      else this.#notifying.delete(channel)
    }
    return this.#notifying.size > 0
  }

  #sweep(now: number): boolean {
    const idleTimeout = this.#options.idleTimeout ?? IDLE_TIMEOUT_MS
    this.#handshakes.expire(now)
    for (const channel of this.#channels) {
      const age = now - channel.keys.madeAt
      if (now - channel.heardAt > idleTimeout) this.#end(channel, 'idle')
      else if (age > KEYS_LIFETIME_MS) this.#end(channel, 'expired')
      else if (channel.oldKeys !== undefined && channel.keys.confirmed && age > OLD_KEYS_LIFETIME_MS) {
        this.#channels.dropKeys(channel.oldKeys)
        channel.dropOldKeys()
      }
    }
    return this.#channels.size > 0 || this.#handshakes.size > 0
  }

  #end(channel: ServerChannel<Data>, end: ChannelEnd): void {
    this.#channels.remove(channel)
    this.#notifying.delete(channel)
    channel.end(new BitTrickleError('CLOSED', 'The channel to the peer is closed.'))
    this.#options.onClose?.(channel, end)
  }
}
