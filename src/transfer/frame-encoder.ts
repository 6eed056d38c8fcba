import type { DataHeader, Frame } from './frames.js'
import { DATA_HEADER_BYTES, FRAME_HEADER_BYTES, FrameType, MAX_MESSAGE_BYTES } from './protocol.js'

/** Writes a frame. What it holds is taken to be within the bounds of the protocol. */
export function encodeFrame(frame: Frame): Buffer {
  switch (frame.type) {
    case 'hello':
      return build(FrameType.Hello, u16(frame.version), u16(frame.maxRequests))
    case 'keepalive':
      return build(FrameType.Keepalive)
    case 'goodbye':
      return build(FrameType.Goodbye, u16(frame.status), text(frame.message))
    case 'open':
      return build(FrameType.Open, u32(frame.transfer), frame.root, Buffer.from(frame.ticket, 'latin1'))
    case 'renew':
      return build(FrameType.Renew, u32(frame.transfer), Buffer.from(frame.ticket, 'latin1'))
    case 'requestHashes':
      return build(FrameType.RequestHashes, u32(frame.transfer, frame.first, frame.count))
    case 'request':
      return build(
        FrameType.Request,
        u32(frame.transfer, frame.request, frame.piece, frame.offset, frame.length),
      )
    case 'cancel':
      return build(FrameType.Cancel, u32(frame.transfer, frame.request))
    case 'close':
      return build(FrameType.Close, u32(frame.transfer))
    case 'opened':
      return build(FrameType.Opened, u32(frame.transfer), u64(frame.size))
    case 'hashes':
      return build(FrameType.Hashes, u32(frame.transfer, frame.first), frame.hashes)
    case 'bitfield':
      return build(FrameType.Bitfield, u32(frame.transfer), frame.bits)
    case 'haveAll':
      return build(FrameType.HaveAll, u32(frame.transfer))
    case 'have':
      return build(FrameType.Have, u32(frame.transfer, frame.piece))
    case 'queued':
      return build(FrameType.Queued, u32(frame.transfer, frame.place))
    case 'busy':
      return build(FrameType.Busy, u32(frame.transfer, frame.retryAfter))
    case 'failed':
      return build(
        FrameType.Failed,
        u32(frame.transfer, frame.request),
        u16(frame.status),
        text(frame.message),
      )
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

function build(type: number, ...fields: readonly Buffer[]): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES)
  const frame = Buffer.concat([header, ...fields])
  frame.writeUInt32BE(frame.length - 4, 0)
  frame[4] = type
  return frame
}

function u16(value: number): Buffer {
  const field = Buffer.allocUnsafe(2)
  field.writeUInt16BE(value)
  return field
}

function u32(...values: readonly number[]): Buffer {
  const fields = Buffer.allocUnsafe(4 * values.length)
  values.forEach((value, place) => {
    fields.writeUInt32BE(value, 4 * place)
  })
  return fields
}

function u64(value: number): Buffer {
  const field = Buffer.allocUnsafe(8)
  field.writeBigUInt64BE(BigInt(value))
  return field
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
