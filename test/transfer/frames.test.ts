import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameDecoder } from '../../src/transfer/frame-decoder.js'
import { encodeFrame, writeDataHeader } from '../../src/transfer/frame-encoder.js'
import type { DataHeader, DataPart, Frame } from '../../src/transfer/frames.js'
import { DATA_HEADER_BYTES, MAX_CONTROL_FRAME_BYTES } from '../../src/transfer/protocol.js'
import { GOLDEN_DATA, GOLDEN_FRAMES } from './golden-frames.js'

const fromHex = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')

function encodeData(header: DataHeader, bytes: Uint8Array): Buffer {
  const frame = Buffer.alloc(DATA_HEADER_BYTES + bytes.length)
  writeDataHeader(frame, { ...header, length: bytes.length })
  frame.set(bytes, DATA_HEADER_BYTES)
  return frame
}

type Seen = Frame | (Omit<DataPart, 'bytes'> & { type: 'data'; bytes: Buffer })

// Puts the parts of a data frame together again: each begins where the one before ended.
function join(seen: Seen[], next: Seen): Seen[] {
  const last = seen.at(-1)
  const goesOn =
    last?.type === 'data' &&
    next.type === 'data' &&
    last.request === next.request &&
    last.transfer === next.transfer &&
    last.piece === next.piece &&
    last.offset + last.bytes.length === next.offset
  if (goesOn) seen[seen.length - 1] = { ...last, bytes: Buffer.concat([last.bytes, next.bytes]) }
  else seen.push(next)
  return seen
}

function reader(): { decoder: FrameDecoder; seen: Seen[] } {
  const seen: Seen[] = []
  const decoder = new FrameDecoder({
    onFrame: (frame) => seen.push(frame),
    onData: ({ bytes, ...part }) => {
      expect(bytes.length).toBeGreaterThan(0)
      join(seen, { type: 'data', ...part, bytes: Buffer.from(bytes) })
    },
  })
  return { decoder, seen }
}

function decodeAll(...chunks: readonly Buffer[]): Seen[] {
  const { decoder, seen } = reader()
  // Out of one buffer that is written over each time, as net's onread does.
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk)
    decoder.push(reused)
    reused.fill(0xee)
  }
  expect(decoder.isBetweenFrames).toBe(true)
  return seen
}

function split(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const cuts = [...new Set(positions.map((position) => position % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...cuts, bytes.length].map((to, place) => bytes.subarray(place === 0 ? 0 : cuts[place - 1], to))
}

const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const piece = fc.nat({ max: 262_143 })
const request = fc.integer({ min: 1, max: 0xffff_ffff })
const message = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !/\p{Cc}/u.test(text))
const ticket = fc.stringMatching(/^[A-Za-z0-9_.-]{1,200}$/)
const bytes = (minLength: number, maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array))
const range = fc
  .tuple(fc.nat({ max: 2 ** 24 - 1 }), fc.nat())
  .map(([offset, length]) => ({ offset, length: 1 + (length % (2 ** 24 - offset)) }))

const control: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ type: fc.constant('hello'), version: u16, maxRequests: fc.integer({ min: 1, max: 0xffff }) }),
  fc.record({ type: fc.constant('keepalive') }),
  fc.record({ type: fc.constant('goodbye'), status: u16, message }),
  fc.record({ type: fc.constant('open'), transfer: u32, root: bytes(32, 32), ticket }),
  fc.record({ type: fc.constant('renew'), transfer: u32, ticket }),
  fc.record({
    type: fc.constant('requestHashes'),
    transfer: u32,
    first: fc.nat({ max: 261_120 }),
    count: fc.integer({ min: 1, max: 1024 }),
  }),
  fc
    .tuple(fc.record({ type: fc.constant('request'), transfer: u32, request, piece }), range)
    .map(([numbers, where]) => ({ ...numbers, ...where })),
  fc.record({ type: fc.constant('cancel'), transfer: u32, request }),
  fc.record({ type: fc.constant('close'), transfer: u32 }),
  fc.record({ type: fc.constant('opened'), transfer: u32, size: fc.integer({ min: 0, max: 2 ** 42 }) }),
  fc.record({
    type: fc.constant('hashes'),
    transfer: u32,
    first: fc.nat({ max: 261_120 }),
    hashes: fc.integer({ min: 1, max: 20 }).chain((count) => bytes(32 * count, 32 * count)),
  }),
  fc.record({ type: fc.constant('bitfield'), transfer: u32, bits: bytes(1, 300) }),
  fc.record({ type: fc.constant('haveAll'), transfer: u32 }),
  fc.record({ type: fc.constant('have'), transfer: u32, piece }),
  fc.record({ type: fc.constant('queued'), transfer: u32, place: u32 }),
  fc.record({ type: fc.constant('busy'), transfer: u32, retryAfter: fc.nat({ max: 86_400_000 }) }),
  fc.record({
    type: fc.constant('failed'),
    transfer: u32,
    request: u32,
    status: fc.integer({ min: 1, max: 0xffff }),
    message,
  }),
) as fc.Arbitrary<Frame>

const data = fc.record({
  type: fc.constant('data' as const),
  transfer: u32,
  request,
  piece,
  offset: fc.nat({ max: 2 ** 24 - 500 }),
  bytes: bytes(1, 500),
})

const encode = (frame: Seen): Buffer =>
  frame.type === 'data'
    ? encodeData({ ...frame, length: frame.bytes.length }, frame.bytes)
    : encodeFrame(frame)

describe('the frames', () => {
  it.each(GOLDEN_FRAMES)('are written and read as documented: %o', (frame, hex) => {
    expect(encodeFrame(frame).toString('hex')).toBe(hex.replaceAll(' ', ''))
    expect(decodeAll(fromHex(hex))).toEqual([frame])
  })

  it('of data are written and read as documented', () => {
    const { header, bytes: payload, hex } = GOLDEN_DATA
    expect(encodeData(header, payload).toString('hex')).toBe(hex.replaceAll(' ', ''))
    const { length: _, ...numbers } = header
    expect(decodeAll(fromHex(hex))).toEqual([{ type: 'data', ...numbers, bytes: payload }])
  })

  it('stand in the document with the same bytes', async () => {
    const text = await readFile(new URL('../../docs/protocol.md', import.meta.url), 'utf8')
    for (const hex of [...GOLDEN_FRAMES.map(([, hex]) => hex), GOLDEN_DATA.hex]) {
      expect(text).toContain(`\`${hex.replace(/([0-9a-f]{8})[0-9a-f]{48}([0-9a-f]{8})/, '$1…$2')}\``)
    }
  })

  it('come back in order, however the stream is divided', () => {
    const frames = fc.array(fc.oneof(control, data), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), { maxLength: 20 }), (sent, cuts) => {
        const stream = Buffer.concat(sent.map(encode))
        expect(decodeAll(...split(stream, cuts))).toEqual(sent.reduce<Seen[]>(join, []))
      }),
      { numRuns: 300 },
    )
  })

  it('come back from single bytes', () => {
    const stream = Buffer.concat([
      ...GOLDEN_FRAMES.map(([frame]) => encodeFrame(frame)),
      fromHex(GOLDEN_DATA.hex),
    ])
    const singles = Array.from(stream, (_, at) => stream.subarray(at, at + 1))
    expect(decodeAll(...singles)).toEqual(decodeAll(stream))
    expect(decodeAll(stream)).toHaveLength(GOLDEN_FRAMES.length + 1)
  })

  it('of data are handed on as views, as they come', () => {
    const stream = encodeData({ ...GOLDEN_DATA.header, length: 1000 }, Buffer.alloc(1000, 1))
    const parts: DataPart[] = []
    const decoder = new FrameDecoder({ onFrame: () => {}, onData: (part) => parts.push(part) })
    decoder.push(stream.subarray(0, 300))
    expect(decoder.isBetweenFrames).toBe(false)
    decoder.push(stream.subarray(300))
    expect(decoder.isBetweenFrames).toBe(true)
    expect(parts.map(({ offset, bytes: { length } }) => [offset, length])).toEqual([
      [65_536, 279],
      [65_815, 721],
    ])
    for (const { bytes: view } of parts) expect(view.buffer).toBe(stream.buffer)
  })

  it('may be as long as the largest content demands', () => {
    const hashes = Buffer.alloc(1024 * 32, 3)
    const bits = Buffer.alloc(32_768, 5)
    const sent: Frame[] = [
      { type: 'hashes', transfer: 1, first: 261_120, hashes },
      { type: 'bitfield', transfer: 1, bits },
      { type: 'open', transfer: 1, root: Buffer.alloc(32), ticket: 'x'.repeat(1024) },
    ]
    const stream = Buffer.concat(sent.map(encodeFrame))
    expect(decodeAll(...split(stream, [1, 4, 5, 6, 20_000, 40_000, 66_000]))).toEqual(sent)
    expect(encodeFrame(sent[0] as Frame).length).toBe(MAX_CONTROL_FRAME_BYTES)
    const payload = Buffer.alloc(1_048_576, 9)
    const header = { ...GOLDEN_DATA.header, offset: 15 * 1_048_576, length: payload.length }
    expect(decodeAll(encodeData(header, payload))).toHaveLength(1)
  })

  it('of a later hello may say more', () => {
    expect(decodeAll(fromHex('00000009 01 0002 0010 deadbeef'))).toEqual([
      { type: 'hello', version: 2, maxRequests: 16 },
    ])
  })

  it('carry texts that fit and can do no harm', () => {
    const [frame] = decodeAll(
      encodeFrame({ type: 'goodbye', status: 1, message: `\u001b[2J${'ß€💾'.repeat(100)}` }),
    )
    const text = frame?.type === 'goodbye' ? frame.message : ''
    expect(text.startsWith(' [2Jß€💾')).toBe(true)
    expect(text).not.toContain('\ufffd')
    expect(Buffer.byteLength(text)).toBeGreaterThan(505)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(512)
  })
})
