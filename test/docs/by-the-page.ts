import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
} from 'node:crypto'

// The handshake and the seal as docs/protocol.md writes them out, with nothing of src: who has only the page gets
// the same bytes.

const hash = (...parts: Buffer[]): Buffer => createHash('blake2b512').update(Buffer.concat(parts)).digest()
const hmac = (key: Buffer, ...parts: Buffer[]): Buffer =>
  createHmac('blake2b512', key).update(Buffer.concat(parts)).digest()

/** RFC 8410: the fixed bytes before a raw X25519 key. */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')
const SPKI = Buffer.from('302a300506032b656e032100', 'hex')

export interface KeyPair {
  readonly secret: KeyObject
  readonly publicKey: Buffer
}

export function keyPair(secretKey: Buffer): KeyPair {
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8, secretKey]), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(SPKI.length)
  return { secret, publicKey }
}

function dh({ secret }: KeyPair, publicKey: Buffer): Buffer {
  const key = createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' })
  return diffieHellman({ privateKey: secret, publicKey: key })
}

function nonceOf(counter: bigint): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64LE(counter, 4)
  return nonce
}

function seal(key: Buffer, counter: bigint, associated: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, nonceOf(counter), { authTagLength: 16 })
  cipher.setAAD(associated, { plaintextLength: plain.length })
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Opens a Data datagram: its frame. */
export function openData(key: Buffer, datagram: Buffer): Buffer {
  const decipher = createDecipheriv('chacha20-poly1305', key, nonceOf(datagram.readBigUInt64BE(8)), {
    authTagLength: 16,
  })
  decipher.setAAD(datagram.subarray(0, 16), { plaintextLength: datagram.length - 32 })
  decipher.setAuthTag(datagram.subarray(-16))
  return Buffer.concat([decipher.update(datagram.subarray(16, -16)), decipher.final()])
}

class Symmetric {
  h: Buffer = Buffer.concat([Buffer.from('Noise_XX_25519_ChaChaPoly_BLAKE2b')], 64)
  ck: Buffer = this.h
  #k: Buffer | undefined
  #n = 0n

  mixHash(bytes: Buffer): Buffer {
    this.h = hash(this.h, bytes)
    return bytes
  }

  mixKey(bytes: Buffer): void {
    const t = hmac(this.ck, bytes)
    this.ck = hmac(t, Buffer.of(1))
    this.#k = hmac(t, this.ck, Buffer.of(2)).subarray(0, 32)
    this.#n = 0n
  }

  seal(bytes: Buffer): Buffer {
    return this.mixHash(this.#k === undefined ? bytes : seal(this.#k, this.#n++, this.h, bytes))
  }
}

export interface Inputs {
  readonly prologue: string
  readonly initiatorStatic: KeyPair
  readonly initiatorEphemeral: KeyPair
  readonly responderStatic: KeyPair
  readonly responderEphemeral: KeyPair
  /** What messages 1, 2 and 3 carry. */
  readonly payloads: readonly [Buffer, Buffer, Buffer]
}

/** The three messages, and what comes out of them. Both ends mix the same bytes, so one state serves both. */
export function handshake(inputs: Inputs): {
  messages: [Buffer, Buffer, Buffer]
  handshakeHash: Buffer
  initiatorKey: Buffer
  responderKey: Buffer
} {
  const { initiatorStatic: si, initiatorEphemeral: ei, responderStatic: sr, responderEphemeral: er } = inputs
  const [payload1, payload2, payload3] = inputs.payloads
  const state = new Symmetric()
  state.mixHash(Buffer.from(inputs.prologue))
  const message1 = Buffer.concat([state.mixHash(ei.publicKey), state.seal(payload1)])
  const e = state.mixHash(er.publicKey)
  state.mixKey(dh(er, ei.publicKey))
  const s = state.seal(sr.publicKey)
  state.mixKey(dh(sr, ei.publicKey))
  const message2 = Buffer.concat([e, s, state.seal(payload2)])
  const s3 = state.seal(si.publicKey)
  state.mixKey(dh(si, er.publicKey))
  const message3 = Buffer.concat([s3, state.seal(payload3)])
  const t = hmac(state.ck, Buffer.alloc(0))
  const a = hmac(t, Buffer.of(1))
  const b = hmac(t, a, Buffer.of(2))
  return {
    messages: [message1, message2, message3],
    handshakeHash: state.h,
    initiatorKey: a.subarray(0, 32),
    responderKey: b.subarray(0, 32),
  }
}
