import type { Address } from './datagram-socket.js'
import { encodeIndexed } from './datagrams.js'
import { generateKeyPair, type KeyPair, NoiseHandshake } from './noise.js'
import { DatagramType, KEY_BYTES } from './protocol.js'
import type { RandomSource } from './random.js'
import { TransportKeys } from './transport-keys.js'

/** Where a responder stands: `response-sent` (sent message 2, awaits message 3), then `established`. */
export type ResponderState = 'response-sent' | 'established'

/** A handshake that the initiator finished. */
export interface FinishedHandshake {
  readonly keys: TransportKeys
  readonly remoteStaticKey: Buffer
  /** Noise message 1, for a refusal. */
  readonly message1: Buffer
  /** Index of the channel that the initiator wants to go on with, or 0. */
  readonly resume: number
}

/** What begins a responder's handshake. */
export interface ResponderOptions {
  readonly keyPair: KeyPair
  readonly random: RandomSource
  readonly localIndex: number
  /** The address that the cookie proved. */
  readonly from: Address
  readonly expiresAt: number
}

/** The responder's side of one handshake: begun by a hello with a good cookie, never by less. */
export class ResponderHandshake {
  readonly localIndex: number
  readonly from: Address
  readonly expiresAt: number
  readonly #noise: NoiseHandshake
  readonly #message1: Buffer
  readonly #remoteIndex: number
  readonly #response: Buffer
  #state: ResponderState = 'response-sent'

  private constructor(
    options: ResponderOptions,
    noise: NoiseHandshake,
    message1: Buffer,
    remoteIndex: number,
    response: Buffer,
  ) {
    this.localIndex = options.localIndex
    this.from = options.from
    this.expiresAt = options.expiresAt
    this.#noise = noise
    this.#message1 = Buffer.from(message1)
    this.#remoteIndex = remoteIndex
    this.#response = response
  }

  /** Answers Noise message 1, or undefined when it is no good. */
  static begin(options: ResponderOptions, message1: Buffer): ResponderHandshake | undefined {
    const noise = NoiseHandshake.responder(options.keyPair, generateKeyPair(options.random))
    const payload = noise.read(message1)
    if (payload?.length !== 4) return undefined
    const remoteIndex = payload.readUInt32BE(0)
    const message2 = writeResponse(noise, options.localIndex)
    if (message2 === undefined) return undefined
    return new ResponderHandshake(
      options,
      noise,
      message1,
      remoteIndex,
      encodeIndexed(DatagramType.Response, remoteIndex, message2),
    )
  }

  get state(): ResponderState {
    return this.#state
  }

  /** The answer to the hello and to each repeat of it: made once, since it costs two Diffie-Hellmans. */
  get response(): Buffer {
    return this.#response
  }

  /** Noise message 3; undefined when it is not authentic, and the handshake goes on waiting for one that is. */
  finish(message3: Buffer, now: number): FinishedHandshake | undefined {
    if (this.#state !== 'response-sent') return undefined
    const payload = this.#noise.read(message3)
    const result = this.#noise.result
    if (payload?.length !== 4 || result === undefined) return undefined
    this.#state = 'established'
    const { sendKey, receiveKey, remoteStaticKey } = result
    const keys = new TransportKeys({
      localIndex: this.localIndex,
      remoteIndex: this.#remoteIndex,
      sendKey,
      receiveKey,
      madeAt: now,
    })
    return {
      keys,
      remoteStaticKey: Buffer.from(remoteStaticKey),
      message1: this.#message1,
      resume: payload.readUInt32BE(0),
    }
  }
}

function writeResponse(noise: NoiseHandshake, localIndex: number): Buffer | undefined {
  const payload = Buffer.allocUnsafe(4)
  payload.writeUInt32BE(localIndex)
  try {
    return noise.write(payload)
  } catch {
    // The initiator's key is a point of small order (RFC 7748, 6.1): nothing is agreed with it.
    return undefined
  }
}

/** Names an attempt: the ephemeral key of its initiator, from one address. */
export function attemptKey(message1: Buffer, from: Address): string {
  return `${message1.toString('latin1', 0, KEY_BYTES)}${from.port} ${from.host}`
}
