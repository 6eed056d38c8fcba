import { HASH_BYTES } from '../content/block-tree.js'
import { MAX_CONTENT_BYTES, MAX_CONTENT_PIECES, MAX_PIECE_BYTES } from '../content/content-layout.js'
import { BitTrickleError } from '../errors.js'
import type { DataPart, Frame } from './frames.js'
import {
  DATA_HEADER_BYTES,
  FRAME_HEADER_BYTES,
  FrameType,
  MAX_BITFIELD_BYTES,
  MAX_DATA_BYTES,
  MAX_FRAME_HASHES,
  MAX_HELLO_EXTRA_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_RETRY_AFTER_MS,
  MAX_TICKET_BYTES,
} from './protocol.js'

type Bounds = readonly [least: number, most: number]

/** How long the body of each type may be: known from the header on, so that nothing longer is ever waited for. */
const BODY_BOUNDS: ReadonlyMap<number, Bounds> = new Map<number, Bounds>([
  [FrameType.Hello, [4, 4 + MAX_HELLO_EXTRA_BYTES]],
  [FrameType.Keepalive, [0, 0]],
  [FrameType.Goodbye, [2, 2 + MAX_MESSAGE_BYTES]],
  [FrameType.Open, [4 + HASH_BYTES + 1, 4 + HASH_BYTES + MAX_TICKET_BYTES]],
  [FrameType.Renew, [4 + 1, 4 + MAX_TICKET_BYTES]],
  [FrameType.RequestHashes, [12, 12]],
  [FrameType.Request, [20, 20]],
  [FrameType.Cancel, [8, 8]],
  [FrameType.Close, [4, 4]],
  [FrameType.Opened, [12, 12]],
  [FrameType.Hashes, [8 + HASH_BYTES, 8 + MAX_FRAME_HASHES * HASH_BYTES]],
  [FrameType.Bitfield, [4 + 1, 4 + MAX_BITFIELD_BYTES]],
  [FrameType.HaveAll, [4, 4]],
  [FrameType.Have, [8, 8]],
  [
    FrameType.Data,
    [DATA_HEADER_BYTES - FRAME_HEADER_BYTES + 1, DATA_HEADER_BYTES - FRAME_HEADER_BYTES + MAX_DATA_BYTES],
  ],
  [FrameType.Queued, [8, 8]],
  [FrameType.Busy, [8, 8]],
  [FrameType.Failed, [10, 10 + MAX_MESSAGE_BYTES]],
])

/** Throws unless a frame of this type may have a body of this length. */
export function checkBodyLength(type: number, length: number): void {
  const bounds = BODY_BOUNDS.get(type)
  if (bounds === undefined) throw violation(`a frame of the unknown type ${type}`)
  const [least, most] = bounds
  if (length < least || length > most)
    throw violation(`a frame of type ${type} with a body of ${length} bytes`)
}

/**
 * Reads the body of a frame whose length was checked. Nothing of the result is a view of `body`.
 *
 * @throws {@link BitTrickleError} `PROTOCOL_ERROR`
 */
export function decodeBody(type: number, body: Buffer): Frame {
  const at = (position: number): number => body.readUInt32BE(position)
  switch (type) {
    case FrameType.Hello:
      // What follows belongs to later versions.
      return {
        type: 'hello',
        version: body.readUInt16BE(0),
        maxRequests: within(body.readUInt16BE(2), 1, 0xffff, 'number of requests'),
      }
    case FrameType.Keepalive:
      return { type: 'keepalive' }
    case FrameType.Goodbye:
      return { type: 'goodbye', status: body.readUInt16BE(0), message: textOf(body.subarray(2)) }
    case FrameType.Open: {
      const root = Buffer.from(body.subarray(4, 4 + HASH_BYTES))
      return { type: 'open', transfer: at(0), root, ticket: ticketOf(body.subarray(4 + HASH_BYTES)) }
    }
    case FrameType.Renew:
      return { type: 'renew', transfer: at(0), ticket: ticketOf(body.subarray(4)) }
    case FrameType.RequestHashes: {
      const first = pieceOf(at(4))
      const count = within(
        at(8),
        1,
        Math.min(MAX_FRAME_HASHES, MAX_CONTENT_PIECES - first),
        'count of hashes',
      )
      return { type: 'requestHashes', transfer: at(0), first, count }
    }
    case FrameType.Request: {
      const offset = offsetOf(at(12))
      const length = within(at(16), 1, MAX_PIECE_BYTES - offset, 'length')
      return {
        type: 'request',
        transfer: at(0),
        request: requestOf(at(4)),
        piece: pieceOf(at(8)),
        offset,
        length,
      }
    }
    case FrameType.Cancel:
      return { type: 'cancel', transfer: at(0), request: requestOf(at(4)) }
    case FrameType.Close:
      return { type: 'close', transfer: at(0) }
    case FrameType.Opened: {
      const size = within(Number(body.readBigUInt64BE(4)), 0, MAX_CONTENT_BYTES, 'size')
      return { type: 'opened', transfer: at(0), size }
    }
    case FrameType.Hashes: {
      const hashes = Buffer.from(body.subarray(8))
      if (hashes.length % HASH_BYTES !== 0) throw violation('a part of a hash')
      const first = within(at(4), 0, MAX_CONTENT_PIECES - hashes.length / HASH_BYTES, 'piece')
      return { type: 'hashes', transfer: at(0), first, hashes }
    }
    case FrameType.Bitfield:
      return { type: 'bitfield', transfer: at(0), bits: Buffer.from(body.subarray(4)) }
    case FrameType.HaveAll:
      return { type: 'haveAll', transfer: at(0) }
    case FrameType.Have:
      return { type: 'have', transfer: at(0), piece: pieceOf(at(4)) }
    case FrameType.Queued:
      return { type: 'queued', transfer: at(0), place: at(4) }
    case FrameType.Busy:
      return { type: 'busy', transfer: at(0), retryAfter: within(at(4), 0, MAX_RETRY_AFTER_MS, 'wait') }
    case FrameType.Failed: {
      const status = within(body.readUInt16BE(8), 1, 0xffff, 'status')
      return { type: 'failed', transfer: at(0), request: at(4), status, message: textOf(body.subarray(10)) }
    }
    default:
      throw violation(`a frame of the unknown type ${type}`)
  }
}

/** Reads the numbers in front of the bytes of a data frame. */
export function decodeDataHeader(fields: Buffer, length: number): Omit<DataPart, 'bytes'> {
  const offset = offsetOf(fields.readUInt32BE(12))
  within(length, 1, MAX_PIECE_BYTES - offset, 'length')
  return {
    transfer: fields.readUInt32BE(0),
    request: requestOf(fields.readUInt32BE(4)),
    piece: pieceOf(fields.readUInt32BE(8)),
    offset,
  }
}

/** The other side broke the protocol; retrying does not help. */
export function violation(what: string): BitTrickleError {
  return new BitTrickleError(
    'PROTOCOL_ERROR',
    `The other peer sent ${what}, which the protocol does not allow.`,
  )
}

function within(value: number, least: number, most: number, what: string): number {
  if (value < least || value > most) throw violation(`the ${what} ${value}`)
  return value
}

const pieceOf = (value: number): number => within(value, 0, MAX_CONTENT_PIECES - 1, 'piece')
const offsetOf = (value: number): number => within(value, 0, MAX_PIECE_BYTES - 1, 'offset')
// 0 stands for the whole transfer where something failed.
const requestOf = (value: number): number => within(value, 1, 0xffff_ffff, 'request')

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(bytes: Buffer): string {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    throw violation('a text that is not UTF-8')
  }
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) throw violation('control characters')
  return text
}

// RFC 7515: a JWT in its compact form.
function ticketOf(bytes: Buffer): string {
  const ticket = bytes.toString('latin1')
  if (!/^[A-Za-z0-9_.-]+$/.test(ticket)) throw violation('what is no ticket')
  return ticket
}
