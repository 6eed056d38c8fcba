import {
  COOKIE_BYTES,
  DatagramType,
  MAX_DATAGRAM_BYTES,
  MESSAGE_1_BYTES,
  MESSAGE_2_BYTES,
  MESSAGE_3_BYTES,
  PROTOCOL_VERSION,
  RESET_TOKEN_BYTES,
} from './protocol.js'

// Every datagram begins with its type, a byte of its own, and two zero bytes that a receiver ignores.
const HEADER_BYTES = 4
const INDEXED_HEADER_BYTES = 8

const COOKIE_AT = HEADER_BYTES + MESSAGE_1_BYTES
const REFUSED_BYTES = INDEXED_HEADER_BYTES + MESSAGE_1_BYTES

/** The first datagram of a handshake: padded to the full size, so that nothing it causes is larger. */
export interface Hello {
  readonly version: number
  /** Noise message 1. In every version these bytes name the attempt, and come back in a refusal. */
  readonly message: Buffer
  /** Zeros until the responder handed one out. */
  readonly cookie: Buffer
}

/** The answer to a hello that leads nowhere. */
export interface Refused {
  readonly reason: number
  readonly lowestVersion: number
  readonly highestVersion: number
  /** Milliseconds. */
  readonly retryAfter: number
  /** The hello's Noise message 1, which only one who saw the hello knows. */
  readonly message: Buffer
}

/** A datagram of a known type for one index of its receiver. */
export interface Indexed {
  readonly receiver: number
  readonly body: Buffer
}

/** Whether a datagram belongs to the sealed channel rather than to classic. */
export function isSealed(datagram: Uint8Array): boolean {
  return (datagram[0] ?? 0) >= 0x80
}

export function encodeHello(message: Buffer, cookie: Buffer | undefined): Buffer {
  const datagram = Buffer.alloc(MAX_DATAGRAM_BYTES)
  datagram[0] = DatagramType.Hello
  datagram[1] = PROTOCOL_VERSION
  datagram.set(message, HEADER_BYTES)
  if (cookie !== undefined) datagram.set(cookie, COOKIE_AT)
  return datagram
}

/** Reads a hello of any version: only the version and where the message stands are the same in all. */
export function decodeHello(datagram: Buffer): Hello | undefined {
  if (datagram[0] !== DatagramType.Hello || datagram.length !== MAX_DATAGRAM_BYTES) return undefined
  return {
    version: datagram[1] ?? 0,
    message: datagram.subarray(HEADER_BYTES, COOKIE_AT),
    cookie: datagram.subarray(COOKIE_AT, COOKIE_AT + COOKIE_BYTES),
  }
}

export function encodeRefused(reason: number, retryAfter: number, message: Buffer): Buffer {
  const datagram = Buffer.alloc(REFUSED_BYTES)
  datagram[0] = DatagramType.Refused
  datagram[1] = reason
  datagram[2] = PROTOCOL_VERSION
  datagram[3] = PROTOCOL_VERSION
  datagram.writeUInt32BE(retryAfter, HEADER_BYTES)
  datagram.set(message, INDEXED_HEADER_BYTES)
  return datagram
}

export function decodeRefused(datagram: Buffer): Refused | undefined {
  if (datagram[0] !== DatagramType.Refused || datagram.length !== REFUSED_BYTES) return undefined
  return {
    reason: datagram[1] ?? 0,
    lowestVersion: datagram[2] ?? 0,
    highestVersion: datagram[3] ?? 0,
    retryAfter: datagram.readUInt32BE(HEADER_BYTES),
    message: datagram.subarray(INDEXED_HEADER_BYTES),
  }
}

const BODY_BYTES: ReadonlyMap<number, number> = new Map([
  [DatagramType.Cookie, COOKIE_BYTES],
  [DatagramType.Response, MESSAGE_2_BYTES],
  [DatagramType.Finish, MESSAGE_3_BYTES],
  [DatagramType.Reset, RESET_TOKEN_BYTES],
])

type IndexedType =
  | typeof DatagramType.Cookie
  | typeof DatagramType.Response
  | typeof DatagramType.Finish
  | typeof DatagramType.Reset

/** Writes a cookie, response, finish or reset: header, receiver index, body of a fixed length. */
export function encodeIndexed(type: IndexedType, receiver: number, body: Buffer): Buffer {
  const datagram = Buffer.alloc(INDEXED_HEADER_BYTES + body.length)
  datagram[0] = type
  datagram.writeUInt32BE(receiver, HEADER_BYTES)
  datagram.set(body, INDEXED_HEADER_BYTES)
  return datagram
}

export function decodeIndexed(datagram: Buffer): Indexed | undefined {
  const bytes = BODY_BYTES.get(datagram[0] ?? 0)
  if (bytes === undefined || datagram.length !== INDEXED_HEADER_BYTES + bytes) return undefined
  return { receiver: datagram.readUInt32BE(HEADER_BYTES), body: datagram.subarray(INDEXED_HEADER_BYTES) }
}
