import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameDecoder } from '../../src/transfer/frame-decoder.js'
import { encodeFrame, writeDataHeader } from '../../src/transfer/frame-encoder.js'
import { DATA_HEADER_BYTES } from '../../src/transfer/protocol.js'
import { makeReader } from '../../src/transfer/tls-reader.js'

const RECORD_BYTES = 16_384

/** Data frames with these many bytes each, a keepalive between them. */
function streamOf(lengths: readonly number[]): {
  readonly stream: Buffer
  readonly bodies: readonly Buffer[]
} {
  const bodies = lengths.map((length, number) => {
    const body = Buffer.allocUnsafe(length)
    for (let at = 0; at < length; at++) body[at] = (at * 7 + (at >> 8) + number) & 255
    return body
  })
  const frames = bodies.flatMap((body, piece) => {
    const frame = Buffer.allocUnsafe(DATA_HEADER_BYTES + body.length)
    writeDataHeader(frame, { transfer: 1, request: piece + 1, piece, offset: 0, length: body.length })
    body.copy(frame, DATA_HEADER_BYTES)
    return [frame, encodeFrame({ type: 'keepalive' })]
  })
  return { stream: Buffer.concat(frames), bodies }
}

/** Reads as Node.js does: it asks where the next record goes when it has told of the one before, and not again. */
function read(
  stream: Buffer,
  { records, turn, hasRooms }: { records: readonly number[]; turn: number; hasRooms: boolean },
) {
  const { onread, flush, read } = makeReader(() => {})
  const pieces = new Map<number, Buffer>()
  let direct = 0
  const pieceOf = (piece: number): Buffer => {
    const known = pieces.get(piece) ?? Buffer.alloc(1_048_576)
    pieces.set(piece, known)
    return known
  }
  const decoder = new FrameDecoder({
    onFrame: () => {},
    onData: ({ piece, offset, bytes }) => {
      const whole = pieceOf(piece)
      const isThere = bytes.buffer === whole.buffer && bytes.byteOffset === whole.byteOffset + offset
      if (isThere) direct += bytes.length
      else bytes.copy(whole, offset)
    },
    room: ({ piece, offset }) => (hasRooms ? pieceOf(piece).subarray(offset) : undefined),
  })
  read(
    (bytes) => decoder.push(bytes),
    () => decoder.room(),
  )
  return async () => {
    // It begins in a microtask.
    await undefined
    let place = onread.buffer()
    for (let at = 0, number = 0; at < stream.length; number++) {
      const length = Math.min(records[number % records.length] ?? 1, stream.length - at)
      stream.copy(place, 0, at, at + length)
      at += length
      expect(onread.callback(length)).toBe(true)
      place = onread.buffer()
      if (number % turn === 0) flush()
    }
    flush()
    return { pieces, direct, isBetweenFrames: decoder.isBetweenFrames }
  }
}

describe('a reader of TLS records', () => {
  it('puts long frames where they belong, but for what comes with their headers', async () => {
    const { stream, bodies } = streamOf([1_048_576, 1_048_576, 300_000])
    const { pieces, direct } = await read(stream, { records: [RECORD_BYTES], turn: 20, hasRooms: true })()
    for (const [piece, body] of bodies.entries())
      expect(pieces.get(piece)?.subarray(0, body.length).equals(body)).toBe(true)
    expect(direct).toBeGreaterThan(stream.length * 0.9)
  })

  it('hands on many records at a time where nothing has a room', async () => {
    const { stream } = streamOf([1_048_576])
    const { onread, flush, read } = makeReader(() => {})
    let calls = 0
    read(
      () => calls++,
      () => undefined,
    )
    await undefined
    for (let at = 0, place = onread.buffer(); at < stream.length; at += RECORD_BYTES) {
      stream.copy(place, 0, at)
      onread.callback(Math.min(RECORD_BYTES, stream.length - at))
      place = onread.buffer()
    }
    flush()
    expect(calls).toBeLessThanOrEqual(6)
  })

  it('stops before anybody reads', () => {
    const { onread } = makeReader(() => {})
    onread.buffer()
    expect(onread.callback(5)).toBe(false)
  })

  it('loses and mixes up nothing, however the bytes come', async () => {
    const record = fc.oneof(fc.constant(RECORD_BYTES), fc.integer({ min: 1, max: RECORD_BYTES }))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 40_000 }), fc.constant(1_048_576)), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.array(record, { minLength: 1, maxLength: 7 }),
        fc.integer({ min: 1, max: 30 }),
        fc.boolean(),
        async (lengths, records, turn, hasRooms) => {
          fc.pre(records.some((length) => length > 512))
          const { stream, bodies } = streamOf(lengths)
          const { pieces, isBetweenFrames } = await read(stream, { records, turn, hasRooms })()
          expect(isBetweenFrames).toBe(true)
          for (const [piece, body] of bodies.entries()) {
            expect(pieces.get(piece)?.subarray(0, body.length).equals(body)).toBe(true)
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})
