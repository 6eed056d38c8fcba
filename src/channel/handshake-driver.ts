import type { BitTrickleError } from '../errors.js'
import { handshakeRefused, unsupportedVersion } from './channel-errors.js'
import { decodeIndexed, decodeRefused } from './datagrams.js'
import { InitiatorHandshake } from './initiator-handshake.js'
import { HANDSHAKE_RTO_MS, MAX_FINISH_TRIES, MAX_HANDSHAKE_RTO_MS } from './limits.js'
import type { KeyPair } from './noise.js'
import { DatagramType, RefusedReason } from './protocol.js'
import type { RandomSource } from './random.js'
import { jitter } from './retransmission.js'
import type { TransportKeys } from './transport-keys.js'

/** What a {@link HandshakeDriver} needs. */
export interface HandshakeDriverOptions {
  readonly keyPair: KeyPair
  readonly random: RandomSource
  readonly send: (datagram: Uint8Array) => void
  /** Throws to refuse the index's key. */
  readonly verify: (serverKey: Buffer) => void
  readonly taken: (index: number) => boolean
  /** The handshake cannot succeed, however often it is tried. */
  readonly onFailed: (error: unknown) => void
}

/** Sends an initiator's handshake again and again, ever more slowly, until it is through. */
export class HandshakeDriver {
  readonly #options: HandshakeDriverOptions
  #handshake: InitiatorHandshake | undefined
  #resume = 0
  #tries = 0
  #dueAt = 0
  #longestWait = MAX_HANDSHAKE_RTO_MS
  #refusal: BitTrickleError | undefined

  constructor(options: HandshakeDriverOptions) {
    this.#options = options
  }

  get running(): boolean {
    return this.#handshake !== undefined
  }

  /** The keys that the index has not confirmed yet. */
  get keys(): TransportKeys | undefined {
    return this.#handshake?.keys
  }

  /** The last refusal that may pass by itself. */
  get refusal(): BitTrickleError | undefined {
    return this.#refusal
  }

  /**
   * Starts anew, after `delay` milliseconds, to go on with the channel of this index at the responder, or none.
   * Repeats wait longer each time, up to `longestWait`.
   */
  begin(resume: number, delay: number, now: number, longestWait = MAX_HANDSHAKE_RTO_MS): void {
    this.#longestWait = longestWait
    const { keyPair, random, verify, taken } = this.#options
    this.#resume = resume
    this.#handshake = new InitiatorHandshake({ keyPair, random, verify, taken, resume })
    this.#refusal = undefined
    this.#tries = 0
    this.#dueAt = now + delay
    if (delay === 0) this.tick(now)
  }

  /** The index has the keys, or nobody wants them any more. */
  end(): void {
    this.#handshake?.onReady()
    this.#handshake = undefined
  }

  /** Sends what is due. */
  tick(now: number): void {
    const handshake = this.#handshake
    if (handshake === undefined || now < this.#dueAt) return
    if (handshake.state === 'finish-sent' && this.#tries >= MAX_FINISH_TRIES) {
      this.begin(this.#resume, 0, now, this.#longestWait)
      return
    }
    this.#options.send(handshake.repeat())
    this.#schedule(now)
  }

  /** A handshake datagram came from the index's address. */
  handle(datagram: Buffer, now: number): void {
    const handshake = this.#handshake
    if (handshake === undefined) return
    if (datagram[0] === DatagramType.Refused) {
      this.#onRefused(handshake, datagram, now)
      return
    }
    const indexed = decodeIndexed(datagram)
    if (indexed?.receiver !== handshake.localIndex) return
    try {
      const progress =
        datagram[0] === DatagramType.Cookie
          ? handshake.onCookie(Buffer.from(indexed.body))
          : datagram[0] === DatagramType.Response && handshake.onResponse(indexed.body, now)
      if (!progress) return
    } catch (error) {
      this.#handshake = undefined
      this.#options.onFailed(error)
      return
    }
    this.#tries = 0
    this.#options.send(handshake.datagram)
    this.#schedule(now)
  }

  #schedule(now: number): void {
    const wait = Math.min(this.#longestWait, HANDSHAKE_RTO_MS * 2 ** this.#tries++)
    this.#dueAt = now + jitter(wait, this.#options.random)
  }

  #onRefused(handshake: InitiatorHandshake, datagram: Buffer, now: number): void {
    const refused = decodeRefused(datagram)
    if (refused === undefined || !refused.message.equals(handshake.message1)) return
    if (refused.reason === RefusedReason.Version) {
      this.#handshake = undefined
      this.#options.onFailed(unsupportedVersion(refused.lowestVersion, refused.highestVersion))
      return
    }
    // Neither longer nor shorter than a hello waits anyway: nothing proves that the refusal is the index's.
    const retryAfter = Math.max(HANDSHAKE_RTO_MS, Math.min(MAX_HANDSHAKE_RTO_MS, refused.retryAfter))
    const delay = retryAfter * (1 + this.#options.random.fraction() / 2)
    this.begin(this.#resume, delay, now, this.#longestWait)
    this.#refusal = handshakeRefused(refused.reason === RefusedReason.Full, retryAfter)
  }
}
