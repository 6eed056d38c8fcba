/**
 * What both ends of a channel must agree on: the numbers of docs/protocol.md, "The sealed channel". A change of
 * any of them is another protocol version. What one end may choose alone stands in limits.ts.
 */

/** The version of the sealed channel that this code speaks. */
export const PROTOCOL_VERSION = 1

/** Noise, section 6: the prologue binds both ends to one protocol and one version of it. */
export const PROLOGUE: Buffer = Buffer.from(`BitTrickle control ${PROTOCOL_VERSION}`)

/** Longest datagram, both ways: fits the 1,280 bytes that IPv6 grants every path (RFC 8200, section 5). */
export const MAX_DATAGRAM_BYTES = 1200

/** First byte of every sealed datagram: 0x80 and above, where classic text begins with an ASCII letter. */
export const DatagramType = {
  Hello: 0x80,
  Refused: 0x81,
  Cookie: 0x82,
  Response: 0x83,
  Finish: 0x84,
  Data: 0x85,
  Reset: 0x86,
} as const

/** Kinds of frames inside a Data datagram. */
export const FrameKind = {
  Ready: 0,
  Request: 1,
  Reply: 2,
  Refusal: 3,
  Notice: 4,
  NoticeAck: 5,
  Close: 6,
  Working: 7,
} as const

/** Why a hello is refused. */
export const RefusedReason = { Version: 1, Limited: 2, Full: 3 } as const

/** Why a request gets no reply. */
export const RefusalReason = {
  /** Its id is below what the initiator said it still waits for. */
  Stale: 1,
  /** It was carried out, and its reply was dropped to keep the cache within bounds. */
  Forgotten: 2,
  /** Too many requests of this channel are being carried out; this one was not. */
  Busy: 3,
  /** The responder failed. */
  Failed: 4,
} as const

/** One of {@link RefusalReason}. */
export type RefusalReason = (typeof RefusalReason)[keyof typeof RefusalReason]

/** Why an end closes the channel. */
export const CloseReason = { Closed: 1, ShuttingDown: 2 } as const

/** X25519 public key. */
export const KEY_BYTES = 32
/** Poly1305 tag. */
export const TAG_BYTES = 16
export const COOKIE_BYTES = 16
export const RESET_TOKEN_BYTES = 16

/** Noise message 1: e, then the initiator's index as clear payload, which the transcript hash binds. */
export const MESSAGE_1_BYTES: number = KEY_BYTES + 4
/** Noise message 2: e, sealed s, sealed payload (the responder's index). */
export const MESSAGE_2_BYTES: number = KEY_BYTES + (KEY_BYTES + TAG_BYTES) + (4 + TAG_BYTES)
/** Noise message 3: sealed s, sealed payload (the index of the channel to go on with, or 0). */
export const MESSAGE_3_BYTES: number = KEY_BYTES + TAG_BYTES + (4 + TAG_BYTES)

/** type, three zero bytes, receiver index, counter. */
export const DATA_HEADER_BYTES = 16
/** kind, extra, id (48 bits). */
export const FRAME_HEADER_BYTES = 8

/** Longest request, reply or notice. */
export const MAX_PAYLOAD_BYTES: number =
  MAX_DATAGRAM_BYTES - DATA_HEADER_BYTES - FRAME_HEADER_BYTES - TAG_BYTES

/** Requests in flight span at most so many ids, so that the distance to the oldest fits one byte. */
export const REQUEST_WINDOW = 256

/** Notices in flight span at most so many ids: it bounds what the receiver keeps to put them in order. */
export const NOTICE_WINDOW = 16

/**
 * Counters end here, far below the 2^64 - 1 where the Noise specification does (5.1), so that a counter is an
 * exact JavaScript number. At a million datagrams a second it takes nine years.
 */
export const MAX_COUNTER: number = 2 ** 48

/** Keys older than this are not accepted. */
export const KEYS_LIFETIME_MS = 86_400_000
