import { type Clock, systemClock, type Timer } from '../clock.js'
import { BitTrickleError } from '../errors.js'
import { channelClosed, channelLost, serverKeyChanged, unreachable } from './channel-errors.js'
import { ClientKeys } from './client-keys.js'
import type { ChannelClientOptions, ClientState, ConnectOptions, StateDetail } from './client-options.js'
import type { Address } from './datagram-socket.js'
import { HandshakeDriver } from './handshake-driver.js'
import {
  CONNECT_DEADLINE_MS,
  MAX_CONNECT_RTO_MS,
  MAX_HANDSHAKE_RTO_MS,
  RECONNECT_SPREAD_MS,
  RENEW_AFTER_DATAGRAMS,
  RENEW_AFTER_MS,
  RENEW_RETRY_MS,
  RENEW_SPREAD_MS,
  SILENCE_MS,
  TICK_MS,
} from './limits.js'
import { NoticeReceiver } from './notice-receiver.js'
import { CloseReason, DATA_HEADER_BYTES, DatagramType, FrameKind, KEYS_LIFETIME_MS } from './protocol.js'
import { type RandomSource, systemRandom } from './random.js'
import { type RequestOptions, RequestSender } from './request-sender.js'
import { RetransmissionTimes } from './retransmission.js'
import { Ticker } from './ticker.js'
import type { OpenedFrame, TransportKeys } from './transport-keys.js'

interface Connecting {
  readonly expiresAt: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** The peer's end of one sealed channel. Once open it keeps itself open, whatever befalls index and network. */
export class ChannelClient {
  readonly #options: ChannelClientOptions
  readonly #clock: Clock
  readonly #random: RandomSource
  readonly #driver: HandshakeDriver
  readonly #requests: RequestSender
  readonly #keys = new ClientKeys()
  readonly #ticker: Ticker
  #notices: NoticeReceiver
  #state: ClientState = 'idle'
  #server: Address
  #connecting: Connecting | undefined
  #verify: (key: Buffer) => void = () => {}
  #serverKey: Buffer | undefined
  #quietSince = 0
  #renewal: Timer | undefined

  constructor(options: ChannelClientOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#server = options.server
    this.#random = options.random ?? systemRandom
    this.#driver = new HandshakeDriver({
      keyPair: options.keyPair,
      random: this.#random,
      send: (datagram) => options.send(datagram, this.#server),
      verify: (key) => this.#verifyKey(key),
      taken: (index) => this.#keys.byIndex(index) !== undefined,
      onFailed: (error) => this.#onHandshakeFailed(error),
    })
    this.#requests = new RequestSender(new RetransmissionTimes(this.#random), (id, span, payload) =>
      this.#send(FrameKind.Request, span, id, payload),
    )
    this.#ticker = new Ticker(this.#clock, TICK_MS, (now) => this.#tick(now))
    this.#notices = this.#newNotices()
  }

  get state(): ClientState {
    return this.#state
  }

  /** The index's key, once it has shown and been accepted. */
  get serverKey(): Buffer | undefined {
    return this.#serverKey
  }

  /**
   * Opens the channel.
   *
   * @throws {@link BitTrickleError} `INDEX_UNREACHABLE`, `SERVER_KEY_CHANGED`, `UNSUPPORTED_VERSION`,
   * `RATE_LIMITED`, `INDEX_FULL`, `INVALID_STATE`, `CLOSED`, and what `verifyServerKey` throws
   */
  connect(options: ConnectOptions = {}): Promise<void> {
    if (this.#state === 'closed') return Promise.reject(channelClosed())
    if (this.#state !== 'idle') {
      return Promise.reject(
        new BitTrickleError('INVALID_STATE', 'The channel is open, or being opened, already.'),
      )
    }
    const { expectedServerKey, verifyServerKey, deadline = CONNECT_DEADLINE_MS } = options
    this.#verify = verifyServerKey ?? (() => {})
    this.#serverKey = expectedServerKey && Buffer.from(expectedServerKey)
    return new Promise((resolve, reject) => {
      const now = this.#clock.monotonic()
      this.#connecting = { expiresAt: now + deadline, resolve, reject }
      this.#changeState('connecting', {})
      this.#driver.begin(0, 0, now, MAX_CONNECT_RTO_MS)
      this.#ticker.start()
    })
  }

  /**
   * Sends a request, exactly once in effect, and resolves with the reply. While the channel is being opened it waits.
   *
   * @throws {@link BitTrickleError} `INDEX_UNREACHABLE` (retryable; whether it took effect is unknown), `ABORTED`,
   * `MESSAGE_TOO_LARGE`, `RATE_LIMITED`, `INVALID_REPLY`, `INTERNAL`, `CLOSED`
   */
  request(payload: Uint8Array, options: RequestOptions = {}): Promise<Buffer> {
    if (this.#state === 'closed' || this.#state === 'idle') return Promise.reject(channelClosed())
    const now = this.#clock.monotonic()
    if (this.#requests.inFlight === 0) this.#quietSince = now
    this.#ticker.start()
    return this.#requests.request(payload, options, now)
  }

  /** The index has another address now: everything goes there from here on. */
  moveTo(server: Address): void {
    this.#server = server
  }

  /** Takes a datagram, which is altered. */
  handle(datagram: Buffer, from: Address): void {
    if (this.#state === 'closed' || this.#state === 'idle') return
    if (datagram[0] === DatagramType.Data) {
      this.#onData(datagram)
      return
    }
    // The rest is not sealed: it counts only when it seems to come from the index.
    const { host, port } = this.#server
    if (from.port !== port || from.host !== host) return
    if (datagram[0] === DatagramType.Reset) {
      if (this.#keys.areReset(datagram)) this.#lose()
    } else {
      this.#driver.handle(datagram, this.#clock.monotonic())
    }
  }

  /** Ends the channel and tells the index; what waits is rejected. Leaves no timer. */
  close(): void {
    if (this.#state === 'closed') return
    this.#send(FrameKind.Close, CloseReason.Closed, 0)
    this.#stop('closed', channelClosed(), {})
  }

  #verifyKey(key: Buffer): void {
    this.#verify(Buffer.from(key))
    if (this.#serverKey !== undefined && !this.#serverKey.equals(key)) throw serverKeyChanged()
    this.#serverKey = Buffer.from(key)
  }

  #send(kind: number, extra: number, id: number, payload: Uint8Array = nothing): void {
    const datagram = this.#keys.current?.seal(kind, extra, id, payload)
    if (datagram !== undefined) this.#options.send(datagram, this.#server)
  }

  #onData(datagram: Buffer): void {
    if (datagram.length < DATA_HEADER_BYTES) return
    const index = datagram.readUInt32BE(4)
    const newKeys = this.#driver.keys
    if (index === newKeys?.localIndex) {
      const frame = newKeys.open(datagram)
      if (frame?.kind === FrameKind.Ready) this.#onReady(newKeys, frame)
      return
    }
    const frame = this.#keys.byIndex(index)?.open(datagram)
    if (frame !== undefined) this.#onFrame(frame)
  }

  #onFrame({ kind, extra, id, payload }: OpenedFrame): void {
    const now = this.#clock.monotonic()
    this.#quietSince = now
    switch (kind) {
      case FrameKind.Reply:
        this.#requests.onReply(id, payload, now)
        break
      case FrameKind.Refusal:
        this.#requests.onRefusal(id, extra, now)
        break
      case FrameKind.Notice:
        this.#send(FrameKind.NoticeAck, 0, this.#notices.receive(id, payload))
        break
      case FrameKind.Close:
        this.#lose()
        break
    }
  }

  #onReady(keys: TransportKeys, { extra, payload }: OpenedFrame): void {
    const now = this.#clock.monotonic()
    const resumed = extra === 1
    this.#driver.end()
    this.#keys.install(keys, payload, resumed)
    if (!resumed) {
      this.#requests.reset(channelLost())
      this.#notices = this.#newNotices()
    }
    this.#renewLater(RENEW_AFTER_MS - this.#random.fraction() * RENEW_SPREAD_MS)
    this.#quietSince = now
    this.#send(FrameKind.Ready, 0, 0)
    const renewed = this.#state === 'open' && resumed
    this.#state = 'open'
    this.#requests.open(now)
    this.#connecting?.resolve()
    this.#connecting = undefined
    if (!renewed) this.#options.onState?.('open', { resumed })
  }

  /** The index has no such channel any more: what was sent has an unknown fate. */
  #lose(): void {
    const error = channelLost()
    this.#keys.drop()
    this.#requests.pause()
    this.#requests.reset(error)
    this.#reconnect(0, error)
  }

  #reconnect(resume: number, error: BitTrickleError): void {
    const delay = this.#random.fraction() * RECONNECT_SPREAD_MS
    this.#driver.begin(resume, delay, this.#clock.monotonic())
    this.#ticker.start()
    this.#changeState('reconnecting', { error })
  }

  #tick(now: number): boolean {
    this.#driver.tick(now)
    this.#requests.tick(now)
    if (this.#connecting !== undefined && now >= this.#connecting.expiresAt) {
      this.#giveUp(this.#driver.refusal ?? unreachable())
    } else if (this.#state === 'open') this.#watch(now)
    return this.#driver.running || this.#requests.waiting
  }

  #watch(now: number): void {
    const keys = this.#keys.current
    if (keys === undefined) return
    if (now - keys.madeAt > KEYS_LIFETIME_MS) this.#lose()
    else if (this.#requests.inFlight > 0 && now - this.#quietSince > SILENCE_MS) {
      this.#reconnect(keys.remoteIndex, unreachable())
    } else if (keys.sealed > RENEW_AFTER_DATAGRAMS) this.#renew()
  }

  #renewLater(delay: number): void {
    this.#renewal?.cancel()
    this.#renewal = this.#clock.setTimeout(() => this.#renew(), delay)
  }

  /** New keys for the same channel; nobody above notices. */
  #renew(): void {
    const keys = this.#keys.current
    if (keys === undefined || this.#driver.running) return
    this.#driver.begin(keys.remoteIndex, 0, this.#clock.monotonic())
    this.#ticker.start()
  }

  #onHandshakeFailed(error: unknown): void {
    // Nothing but a finished handshake proves who said so. What is open stays open, and a peer that looks for its
    // index goes on looking, or one forged datagram would put an end to it.
    if (this.#state === 'open') this.#renewLater(RENEW_RETRY_MS)
    else if (this.#state === 'reconnecting' && isRefusedVersion(error)) {
      this.#driver.begin(0, MAX_HANDSHAKE_RTO_MS, this.#clock.monotonic())
      this.#ticker.start()
    } else this.#giveUp(error)
  }

  #giveUp(error: unknown): void {
    const failure = error instanceof BitTrickleError ? error : channelClosed()
    this.#stop('idle', failure, { error })
  }

  #stop(state: 'idle' | 'closed', failure: BitTrickleError, detail: StateDetail): void {
    this.#driver.end()
    this.#ticker.stop()
    this.#renewal?.cancel()
    this.#keys.drop()
    this.#requests.pause()
    const connecting = this.#connecting
    this.#connecting = undefined
    this.#changeState(state, detail)
    connecting?.reject(detail.error ?? failure)
    this.#requests.fail(failure)
  }

  #newNotices(): NoticeReceiver {
    return new NoticeReceiver((notice) => {
      try {
        this.#options.onNotice?.(notice)
      } catch (error) {
        this.#options.onError?.(error)
      }
    })
  }

  #changeState(state: ClientState, detail: StateDetail): void {
    this.#state = state
    this.#options.onState?.(state, detail)
  }
}

const nothing = Buffer.alloc(0)

const isRefusedVersion = (error: unknown): boolean =>
  error instanceof BitTrickleError && error.code === 'UNSUPPORTED_VERSION'
