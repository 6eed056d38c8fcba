import type { DataHeader, Frame } from './frames.js'
import { DATA_HEADER_BYTES, FRAME_HEADER_BYTES, FrameType, MAX_MESSAGE_BYTES } from './protocol.js'

/** Writes a frame. What it holds is taken to be within the bounds of the protocol. */
export function encodeFrame(frame: Frame): Buffer {
  switch (frame.type) {
    case 'hello': {
      const bytes = begin(FrameType.Hello, 4)
      bytes.writeUInt16BE(frame.version, FRAME_HEADER_BYTES)
      bytes.writeUInt16BE(frame.maxRequests, FRAME_HEADER_BYTES + 2)
      return bytes
    }
    case 'keepalive':
      return begin(FrameType.Keepalive, 0)
    case 'goodbye':
      return withMessage(FrameType.Goodbye, [], frame)
    case 'open': {
      const { transfer, root, ticket } = frame
      const bytes = numbers(FrameType.Open, [transfer], root.length + ticket.length)
      root.copy(bytes, bytes.length - ticket.length - root.length)
      bytes.write(ticket, bytes.length - ticket.length, 'latin1')
      return bytes
    }
    case 'renew': {
      const bytes = numbers(FrameType.Renew, [frame.transfer], frame.ticket.length)
      bytes.write(frame.ticket, bytes.length - frame.ticket.length, 'latin1')
      return bytes
    }
    case 'requestHashes':
      return numbers(FrameType.RequestHashes, [frame.transfer, frame.first, frame.count])
    case 'request': {
      const { transfer, request, piece, offset, length } = frame
      return numbers(FrameType.Request, [transfer, request, piece, offset, length])
    }
    case 'cancel':
      return numbers(FrameType.Cancel, [frame.transfer, frame.request])
    case 'close':
      return numbers(FrameType.Close, [frame.transfer])
    case 'opened': {
      const bytes = numbers(FrameType.Opened, [frame.transfer], 8)
      bytes.writeBigUInt64BE(BigInt(frame.size), bytes.length - 8)
      return bytes
    }
    case 'hashes':
      return withBytes(FrameType.Hashes, [frame.transfer, frame.first], frame.hashes)
    case 'bitfield':
      return withBytes(FrameType.Bitfield, [frame.transfer], frame.bits)
    case 'haveAll':
      return numbers(FrameType.HaveAll, [frame.transfer])
    case 'have':
      return numbers(FrameType.Have, [frame.transfer, frame.piece])
    case 'queued':
      return numbers(FrameType.Queued, [frame.transfer, frame.place])
    case 'busy':
      return numbers(FrameType.Busy, [frame.transfer, frame.retryAfter])
    case 'failed':
      return withMessage(FrameType.Failed, [frame.transfer, frame.request], frame)
  }
}

/**
 * Writes what stands in front of the bytes of a data frame. With the bytes read from disk right behind it, the frame
 * goes out in one write and nothing is copied.
 *
 * @param target - {@link DATA_HEADER_BYTES} of room at its beginning
 */
export function writeDataHeader(target: Buffer, header: DataHeader): void {
  target.writeUInt32BE(DATA_HEADER_BYTES - 4 + header.length, 0)
  target[4] = FrameType.Data
  target.writeUInt32BE(header.transfer, 5)
  target.writeUInt32BE(header.request, 9)
  target.writeUInt32BE(header.piece, 13)
  target.writeUInt32BE(header.offset, 17)
}

// One allocation for a frame: of small files, there is a handful for each.
function begin(type: number, bodyBytes: number): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + bodyBytes)
  // The length counts the type.
  frame.writeUInt32BE(bodyBytes + 1, 0)
  frame[4] = type
  return frame
}

/** A body that begins with numbers, and room for what follows them. */
function numbers(type: number, values: readonly number[], more = 0): Buffer {
  const frame = begin(type, 4 * values.length + more)
  let at = FRAME_HEADER_BYTES
  for (const value of values) at = frame.writeUInt32BE(value, at)
  return frame
}

function withBytes(type: number, values: readonly number[], bytes: Buffer): Buffer {
  const frame = numbers(type, values, bytes.length)
  bytes.copy(frame, frame.length - bytes.length)
  return frame
}

function withMessage(
  type: number,
  values: readonly number[],
  { status, message }: { readonly status: number; readonly message: string },
): Buffer {
  const bytes = text(message)
  const frame = numbers(type, values, 2 + bytes.length)
  frame.writeUInt16BE(status, frame.length - bytes.length - 2)
  bytes.copy(frame, frame.length - bytes.length)
  return frame
}

// The other side refuses what could play tricks on a terminal, and what is too long.
function text(message: string): Buffer {
  const bytes = Buffer.from(message.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' '))
  if (bytes.length <= MAX_MESSAGE_BYTES) return bytes
  let end = MAX_MESSAGE_BYTES
  // Not in the middle of a character of several bytes.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}
