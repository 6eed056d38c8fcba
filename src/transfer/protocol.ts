/**
 * What both ends of a data channel must agree on: the numbers of docs/protocol.md, "The data channel". A change of any of
 * them is another protocol version.
 */
import { HASH_BYTES } from '../content/block-tree.js'
import { MAX_CONTENT_PIECES } from '../content/content-layout.js'

/** The version of the data channel that this code speaks; ALPN says the same of the bytes below. */
export const DATA_CHANNEL_VERSION = 1
/** TLS ALPN. */
export const ALPN = 'bittrickle/1'

/** First byte of a frame behind its length. */
export const FrameType = {
  // Of the connection, both ways
  Hello: 0x01,
  Keepalive: 0x02,
  Goodbye: 0x03,
  // From the one who asks for a content
  Open: 0x10,
  Renew: 0x11,
  RequestHashes: 0x12,
  Request: 0x13,
  Cancel: 0x14,
  Close: 0x15,
  // From the source
  Opened: 0x20,
  Hashes: 0x21,
  Bitfield: 0x22,
  HaveAll: 0x23,
  Have: 0x24,
  Data: 0x25,
  Queued: 0x26,
  Busy: 0x27,
  Failed: 0x28,
} as const

/** Length (32 bits), which counts all that follows it, and type. */
export const FRAME_HEADER_BYTES = 5
/** What a data frame has in front of its bytes: header, transfer, request, piece, offset. */
export const DATA_HEADER_BYTES: number = FRAME_HEADER_BYTES + 16

/**
 * Most bytes of one data frame: what is read from disk at a time. Between two of them a cancel, a have or another
 * request gets its turn, so longer ones would hold those up.
 */
export const MAX_DATA_BYTES = 1_048_576

/** Hashes in one frame: 32 KiB, two TLS records, and the whole layer of a file of 128 MiB. */
export const MAX_FRAME_HASHES = 1_024

/** The bitfield of the largest content goes in one frame. */
export const MAX_BITFIELD_BYTES: number = MAX_CONTENT_PIECES / 8

/** A ticket comes in a datagram of the index, which has no more room. */
export const MAX_TICKET_BYTES = 1_024

/** In UTF-8: a sentence for people, no more. */
export const MAX_MESSAGE_BYTES = 512

/** Room for fields of a hello that later versions add. A receiver passes over what it does not know. */
export const MAX_HELLO_EXTRA_BYTES = 256

/** A wait longer than a day is no advice. */
export const MAX_RETRY_AFTER_MS = 86_400_000

/**
 * Longest frame besides data, and so what a decoder holds at most: a layer's part or a bitfield, which are as long,
 * with what stands in front of them.
 */
export const MAX_CONTROL_FRAME_BYTES: number =
  FRAME_HEADER_BYTES + 8 + Math.max(MAX_FRAME_HASHES * HASH_BYTES, MAX_BITFIELD_BYTES)
