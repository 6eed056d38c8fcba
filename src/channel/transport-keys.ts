import { sodium } from './packages.js'
import {
  DATA_HEADER_BYTES,
  DatagramType,
  FRAME_HEADER_BYTES,
  MAX_COUNTER,
  MAX_DATAGRAM_BYTES,
  TAG_BYTES,
} from './protocol.js'
import { ReplayWindow } from './replay-window.js'

const FRAME_AT = DATA_HEADER_BYTES
const PAYLOAD_AT = DATA_HEADER_BYTES + FRAME_HEADER_BYTES
const MIN_BYTES = PAYLOAD_AT + TAG_BYTES
const HIGH = 2 ** 32

// Sealing is synchronous: one nonce serves all. Noise, 12.2: 32 zero bits, then the counter, little-endian.
const nonce = Buffer.alloc(12)

// The header and the tag again, in buffers of their own: cheaper than views of each datagram.
const header = Buffer.alloc(DATA_HEADER_BYTES)
const tag = Buffer.alloc(TAG_BYTES)

// Byte by byte: for so few, a copy or a view of node:buffer takes several times as long.
function setHeader(datagram: Buffer): void {
  for (let at = 0; at < DATA_HEADER_BYTES; at++) header[at] = datagram[at] as number
}

function setNonce(counter: number): void {
  nonce.writeUInt32LE(counter % HIGH, 4)
  nonce.writeUInt32LE(Math.floor(counter / HIGH), 8)
}

/** What a finished handshake gives to {@link TransportKeys}. */
export interface TransportKeysOptions {
  /** Our index, by which the other end addresses these keys. */
  readonly localIndex: number
  /** The other end's index. */
  readonly remoteIndex: number
  readonly sendKey: Buffer
  readonly receiveKey: Buffer
  /** When they were made, by the monotonic clock. */
  readonly madeAt: number
}

/** One frame as it came out of a Data datagram. */
export interface OpenedFrame {
  readonly kind: number
  readonly extra: number
  readonly id: number
  readonly payload: Buffer
  /** Whether no later datagram has come before this one. */
  readonly newest: boolean
}

/** The keys of one handshake, with the counter and the replay window that belong to them. */
export class TransportKeys {
  readonly localIndex: number
  readonly remoteIndex: number
  readonly madeAt: number
  readonly #sendKey: Buffer
  readonly #receiveKey: Buffer
  readonly #window = new ReplayWindow()
  #counter = 0
  #destroyed = false

  constructor(options: TransportKeysOptions) {
    this.localIndex = options.localIndex
    this.remoteIndex = options.remoteIndex
    this.madeAt = options.madeAt
    this.#sendKey = options.sendKey
    this.#receiveKey = options.receiveKey
  }

  /** How many datagrams these keys have sealed. */
  get sealed(): number {
    return this.#counter
  }

  /** Whether the other end has shown that it has the keys. */
  get confirmed(): boolean {
    return this.#window.newest >= 0
  }

  /** A Data datagram with one frame; undefined when the keys are used up. */
  seal(kind: number, extra: number, id: number, payload: Uint8Array): Buffer | undefined {
    if (this.#counter >= MAX_COUNTER) return undefined
    const end = PAYLOAD_AT + payload.length
    // From Node's pool: the socket may hold on to the bytes, so one buffer for all would not do.
    const datagram = Buffer.allocUnsafe(end + TAG_BYTES)
    datagram.writeUInt32BE(DatagramType.Data * 2 ** 24, 0)
    datagram.writeUInt32BE(this.remoteIndex, 4)
    writeCounter(datagram, this.#counter)
    datagram.writeUInt16BE(kind * 256 + extra, FRAME_AT)
    datagram.writeUInt16BE(Math.floor(id / HIGH), FRAME_AT + 2)
    datagram.writeUInt32BE(id % HIGH, FRAME_AT + 4)
    datagram.set(payload, PAYLOAD_AT)
    setHeader(datagram)
    setNonce(this.#counter++)
    const frame = datagram.subarray(FRAME_AT, end)
    sodium().crypto_aead_chacha20poly1305_ietf_encrypt_detached(
      frame,
      tag,
      frame,
      header,
      null,
      nonce,
      this.#sendKey,
    )
    for (let at = 0; at < TAG_BYTES; at++) datagram[end + at] = tag[at] as number
    return datagram
  }

  /** Opens a Data datagram in place; undefined when it is malformed, forged or was seen before. */
  open(datagram: Buffer): OpenedFrame | undefined {
    if (this.#destroyed || datagram.length < MIN_BYTES || datagram.length > MAX_DATAGRAM_BYTES)
      return undefined
    const counter = datagram.readUInt32BE(8) * HIGH + datagram.readUInt32BE(12)
    if (counter >= MAX_COUNTER || !this.#window.isNew(counter)) return undefined
    const end = datagram.length - TAG_BYTES
    setHeader(datagram)
    setNonce(counter)
    for (let at = 0; at < TAG_BYTES; at++) tag[at] = datagram[end + at] as number
    const frame = datagram.subarray(FRAME_AT, end)
    try {
      sodium().crypto_aead_chacha20poly1305_ietf_decrypt_detached(
        frame,
        null,
        frame,
        tag,
        header,
        nonce,
        this.#receiveKey,
      )
    } catch {
      return undefined
    }
    const newest = counter > this.#window.newest
    this.#window.accept(counter)
    return {
      kind: datagram[FRAME_AT] ?? 0,
      extra: datagram[FRAME_AT + 1] ?? 0,
      id: datagram.readUInt16BE(FRAME_AT + 2) * HIGH + datagram.readUInt32BE(FRAME_AT + 4),
      payload: frame.subarray(FRAME_HEADER_BYTES),
      newest,
    }
  }

  /** Forgets the keys: nothing is sealed or opened with them again. */
  destroy(): void {
    this.#destroyed = true
    sodium().sodium_memzero(this.#sendKey)
    sodium().sodium_memzero(this.#receiveKey)
    this.#counter = MAX_COUNTER
  }
}

function writeCounter(datagram: Buffer, counter: number): void {
  datagram.writeUInt32BE(Math.floor(counter / HIGH), 8)
  datagram.writeUInt32BE(counter % HIGH, 12)
}
