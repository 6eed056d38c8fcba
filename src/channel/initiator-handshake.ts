import { encodeHello, encodeIndexed } from './datagrams.js'
import { generateKeyPair, type KeyPair, NoiseHandshake } from './noise.js'
import { DatagramType } from './protocol.js'
import { type RandomSource, randomIndex } from './random.js'
import { TransportKeys } from './transport-keys.js'

/**
 * Where an initiator stands: `hello-sent` (awaits a cookie), `proof-sent` (sent the cookie back, awaits message 2),
 * `finish-sent` (sent message 3, awaits the first sealed datagram) and `established`.
 */
export type InitiatorState = 'hello-sent' | 'proof-sent' | 'finish-sent' | 'established'

/** What an initiator's handshake needs. */
export interface InitiatorOptions {
  readonly keyPair: KeyPair
  readonly random: RandomSource
  /** Called with the responder's static key before ours is shown to it. Throws to refuse. */
  readonly verify: (remoteStaticKey: Buffer) => void
  /** Index, at the responder, of the channel to go on with; 0 for a new one. */
  readonly resume: number
  /** Whether one of our indexes is in use. */
  readonly taken: (index: number) => boolean
}

/**
 * The initiator's side of one handshake. It has no timer: who owns it sends {@link datagram} again until
 * something comes back, and gives what comes to the `on` methods.
 */
export class InitiatorHandshake {
  readonly localIndex: number
  readonly #options: InitiatorOptions
  readonly #noise: NoiseHandshake
  readonly #message1: Buffer
  #cookieWanted = true
  #state: InitiatorState = 'hello-sent'
  #datagram: Buffer
  #keys: TransportKeys | undefined

  constructor(options: InitiatorOptions) {
    this.#options = options
    this.localIndex = randomIndex(options.random, options.taken)
    this.#noise = NoiseHandshake.initiator(options.keyPair, generateKeyPair(options.random))
    this.#message1 = this.#noise.write(indexBytes(this.localIndex))
    this.#datagram = encodeHello(this.#message1, undefined)
  }

  get state(): InitiatorState {
    return this.#state
  }

  /** What to send, and to send again. */
  get datagram(): Buffer {
    return this.#datagram
  }

  /** The new keys, from `finish-sent` on. */
  get keys(): TransportKeys | undefined {
    return this.#keys
  }

  /** Noise message 1, which a refusal must repeat. */
  get message1(): Buffer {
    return this.#message1
  }

  /** The datagram is being sent again by the clock: one more cookie may be taken. */
  repeat(): Buffer {
    this.#cookieWanted = true
    return this.#datagram
  }

  /** A cookie came; whether to send {@link datagram} at once. Forged ones cause no more than one hello a repeat. */
  onCookie(cookie: Buffer): boolean {
    if (this.#state === 'finish-sent' || this.#state === 'established' || !this.#cookieWanted) return false
    this.#cookieWanted = false
    this.#state = 'proof-sent'
    this.#datagram = encodeHello(this.#message1, cookie)
    return true
  }

  /**
   * Noise message 2 came; whether to send {@link datagram} at once.
   *
   * @throws what `verify` throws
   */
  onResponse(message: Buffer, now: number): boolean {
    if (this.#state === 'finish-sent' || this.#state === 'established') return false
    const payload = this.#noise.read(message)
    const remoteStaticKey = this.#noise.remoteStaticKey
    if (payload?.length !== 4 || remoteStaticKey === undefined) return false
    this.#options.verify(remoteStaticKey)
    const remoteIndex = payload.readUInt32BE(0)
    const message3 = this.#noise.write(indexBytes(this.#options.resume))
    const result = this.#noise.result
    if (result === undefined) return false
    const { sendKey, receiveKey } = result
    this.#keys = new TransportKeys({
      localIndex: this.localIndex,
      remoteIndex,
      sendKey,
      receiveKey,
      madeAt: now,
    })
    this.#datagram = encodeIndexed(DatagramType.Finish, remoteIndex, message3)
    this.#state = 'finish-sent'
    return true
  }

  /** The responder has shown by a sealed datagram that it has the keys. */
  onReady(): void {
    this.#state = 'established'
  }
}

function indexBytes(index: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(index)
  return bytes
}
