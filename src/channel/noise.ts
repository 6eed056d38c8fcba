import type NoiseState from 'noise-handshake'
import { noise, sodium } from './packages.js'
import { KEY_BYTES, PROLOGUE } from './protocol.js'
import type { RandomSource } from './random.js'

/** An X25519 key pair, 32 bytes each. */
export interface KeyPair {
  readonly publicKey: Buffer
  readonly secretKey: Buffer
}

/** The key pair that belongs to a secret key. */
export function keyPairFromSecret(secretKey: Uint8Array): KeyPair {
  const secret = Buffer.from(secretKey)
  const publicKey = Buffer.alloc(KEY_BYTES)
  sodium().crypto_scalarmult_base(publicKey, secret)
  return { publicKey, secretKey: secret }
}

/** A new key pair: an index's long-lived one, a peer's device key, or one for a single handshake. */
export function generateKeyPair(random: RandomSource): KeyPair {
  return keyPairFromSecret(random.bytes(KEY_BYTES))
}

/** What a finished handshake leaves. */
export interface NoiseResult {
  readonly sendKey: Buffer
  readonly receiveKey: Buffer
  readonly remoteStaticKey: Buffer
  /** Noise, 11.2: names this very handshake. */
  readonly handshakeHash: Buffer
}

/**
 * One run of Noise_XX_25519_ChaChaPoly_BLAKE2b: noise-handshake without its traps. A message that does not prove
 * right leaves the state as it was, so that a forged one cannot end somebody's handshake.
 */
export class NoiseHandshake {
  #state: NoiseState

  private constructor(state: NoiseState) {
    this.#state = state
  }

  static initiator(staticKey: KeyPair, ephemeralKey: KeyPair, prologue: Buffer = PROLOGUE): NoiseHandshake {
    return NoiseHandshake.#start(true, staticKey, ephemeralKey, prologue)
  }

  static responder(staticKey: KeyPair, ephemeralKey: KeyPair, prologue: Buffer = PROLOGUE): NoiseHandshake {
    return NoiseHandshake.#start(false, staticKey, ephemeralKey, prologue)
  }

  static #start(initiator: boolean, s: KeyPair, e: KeyPair, prologue: Buffer): NoiseHandshake {
    const state = new (noise())('XX', initiator, { ...s })
    state.e = copyKeyPair(e)
    state.initialise(prologue)
    return new NoiseHandshake(state)
  }

  /** The next message of the pattern with this payload. */
  write(payload: Buffer): Buffer {
    return this.#state.send(payload)
  }

  /** The payload of the next message of the pattern, or undefined when the message is not authentic. */
  read(message: Buffer): Buffer | undefined {
    const attempt = cloneState(this.#state)
    try {
      // The library zeroes parts of what it is given once the handshake is complete.
      const payload = attempt.recv(Buffer.from(message))
      this.#state = attempt
      return payload
    } catch {
      return undefined
    }
  }

  /** The static key of the other end, once its message was read. */
  get remoteStaticKey(): Buffer | undefined {
    return this.#state.rs ?? undefined
  }

  /** The result, once the last message was written or read. */
  get result(): NoiseResult | undefined {
    const { complete, tx, rx, rs, hash } = this.#state
    if (!complete || tx === null || rx === null || rs === null || hash === null) return undefined
    return { sendKey: tx, receiveKey: rx, remoteStaticKey: rs, handshakeHash: hash }
  }
}

function copyKeyPair({ publicKey, secretKey }: KeyPair): { publicKey: Buffer; secretKey: Buffer } {
  return { publicKey: Buffer.from(publicKey), secretKey: Buffer.from(secretKey) }
}

function cloneState(state: NoiseState): NoiseState {
  const copy: NoiseState = Object.assign(Object.create(Object.getPrototypeOf(state)), state)
  copy.handshake = state.handshake.slice()
  copy.digest = Buffer.from(state.digest)
  copy.chainingKey = Buffer.from(state.chainingKey)
  copy.key = state.key && Buffer.from(state.key)
  copy.e = state.e && copyKeyPair(state.e)
  copy.re = state.re && Buffer.from(state.re)
  return copy
}
