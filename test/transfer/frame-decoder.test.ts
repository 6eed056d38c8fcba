import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BitTrickleError } from '../../src/errors.js'
import { FrameDecoder } from '../../src/transfer/frame-decoder.js'
import { encodeFrame } from '../../src/transfer/frame-encoder.js'
import { codeOf, statusOf } from '../../src/transfer/status.js'
import { GOLDEN_FRAMES } from './golden-frames.js'

const fromHex = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const silent = { onFrame: () => {}, onData: () => {} }
const refused = expect.objectContaining({ code: 'PROTOCOL_ERROR', retryable: false })
const zeros = (count: number): string => '00'.repeat(count)

// Each is one step away from a frame that is allowed.
const WRONG: readonly (readonly [what: string, hex: string])[] = [
  ['a length of nothing', '00000000 02'],
  ['an unknown type', '00000001 00'],
  ['a type of no version yet', '00000005 29 00000001'],
  ['a keepalive with a body', '00000002 02'],
  ['a hello cut short', '00000004 01'],
  ['a hello with too much behind it', '00000106 01'],
  ['no requests at all', '00000005 01 0001 0000'],
  ['an endless frame', 'ffffffff 10'],
  ['an open without a ticket', '00000025 10'],
  ['an open with a ticket that is too long', '00000426 10'],
  ['a ticket with a space', '0000000a 11 00000001 612e622063'],
  ['a ticket with a byte above ASCII', '0000000a 11 00000001 612e62e963'],
  ['a request for hashes of nothing', '0000000d 12 00000001 00000000 00000000'],
  ['a request for too many hashes', '0000000d 12 00000001 00000000 00000401'],
  ['a request for hashes behind the last piece', '0000000d 12 00000001 0003ffff 00000002'],
  ['a request numbered 0', '00000015 13 00000001 00000000 00000003 00000000 00000001'],
  ['a request for a piece that no content has', '00000015 13 00000001 00000001 00040000 00000000 00000001'],
  ['a request for no bytes', '00000015 13 00000001 00000001 00000003 00000000 00000000'],
  ['a request behind the end of a piece', '00000015 13 00000001 00000001 00000003 00ffffff 00000002'],
  ['a cancel of request 0', '00000009 14 00000001 00000000'],
  ['a content that is too large', '0000000d 20 00000001 0000040000000001'],
  ['a content of 2^64 - 1 bytes', '0000000d 20 00000001 ffffffffffffffff'],
  ['no hash', '00000009 21'],
  ['a hash and a half', `00000039 21 00000001 00000000 ${zeros(48)}`],
  ['too many hashes', '00008029 21'],
  ['a hash behind the last piece', `00000029 21 00000001 00040000 ${zeros(32)}`],
  ['an empty bitfield', '00000005 22'],
  ['a bitfield that is too long', '00008006 22'],
  ['a have of a piece that no content has', '00000009 24 00000001 00040000'],
  ['data of no bytes', '00000011 25'],
  ['data of too many bytes', '00100012 25'],
  ['data of request 0', '00000012 25 00000001 00000000 00000003 00000000'],
  ['data behind the end of a piece', '00000013 25 00000001 00000001 00000003 00ffffff'],
  ['a wait of more than a day', '00000009 27 00000001 05265c01'],
  ['a failure without a reason', '0000000b 28 00000001 00000001 0000'],
  ['a text that is not UTF-8', '00000005 03 0001 c328'],
  ['a text with a control character', '00000004 03 0001 1b'],
  ['a text with a control character of C1', '00000005 03 0001 c29b'],
  ['a text that is too long', '00000204 03'],
]

describe('the decoder', () => {
  it.each(WRONG)('refuses %s, in one stretch and byte by byte', (_, hex) => {
    const bytes = fromHex(hex)
    expect(() => new FrameDecoder(silent).push(bytes)).toThrow(refused)
    const slow = new FrameDecoder(silent)
    expect(() => {
      for (const byte of bytes) slow.push(Buffer.of(byte))
    }).toThrow(refused)
  })

  it('survives any bytes with nothing but frames and protocol errors', () => {
    const mutated = fc
      .tuple(fc.constantFrom(...GOLDEN_FRAMES), fc.nat(), fc.nat({ max: 255 }))
      .map(([[frame], at, byte]) => {
        const bytes = encodeFrame(frame)
        bytes[at % bytes.length] = byte
        return bytes
      })
    const anything = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array))
    const small = anything.map((bytes) => Buffer.concat([Buffer.of(0, 0, 0), bytes]))
    fc.assert(
      fc.property(fc.array(fc.oneof(mutated, anything, small), { maxLength: 8 }), (chunks) => {
        const decoder = new FrameDecoder(silent)
        let failure: unknown
        for (const chunk of chunks) {
          try {
            decoder.push(chunk)
            expect(failure).toBeUndefined()
          } catch (error) {
            if (!(error instanceof BitTrickleError)) throw error
            expect(error.code).toBe('PROTOCOL_ERROR')
            failure ??= error
            expect(error).toBe(failure)
          }
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('reads nothing more after a failure', () => {
    const frames: unknown[] = []
    const decoder = new FrameDecoder({ ...silent, onFrame: (frame) => frames.push(frame) })
    expect(() => decoder.push(fromHex('00000001 02 00000001 ff 00000001 02'))).toThrow(refused)
    expect(() => decoder.push(fromHex('00000001 02'))).toThrow(refused)
    expect(frames).toEqual([{ type: 'keepalive' }])
  })

  it('hands on what its handler throws, and ends with it', () => {
    const decoder = new FrameDecoder({
      ...silent,
      onFrame: () => {
        throw new Error('from the handler')
      },
    })
    expect(() => decoder.push(fromHex('00000001 02'))).toThrow('from the handler')
    expect(() => decoder.push(fromHex('00000001 02'))).toThrow('from the handler')
  })

  it('knows whether a frame is cut', () => {
    const decoder = new FrameDecoder(silent)
    expect(decoder.isBetweenFrames).toBe(true)
    for (const byte of fromHex('00000009 24 00000001 000000')) {
      decoder.push(Buffer.of(byte))
      expect(decoder.isBetweenFrames).toBe(false)
    }
    decoder.push(fromHex('03'))
    expect(decoder.isBetweenFrames).toBe(true)
    decoder.push(Buffer.alloc(0))
    expect(decoder.isBetweenFrames).toBe(true)
  })
})

describe('a status', () => {
  it('is the same both ways, and INTERNAL where there is none', () => {
    const known = Array.from({ length: 11 }, (_, index) => index + 1)
    for (const status of known) expect(statusOf(codeOf(status))).toBe(status)
    expect(new Set(known.map(codeOf)).size).toBe(11)
    expect(statusOf('UPLOADS_FULL')).toBe(7)
    expect(statusOf('TARGET_EXISTS')).toBe(statusOf('INTERNAL'))
    expect(codeOf(4711)).toBe('INTERNAL')
  })
})

describe('room for data', () => {
  const header = fromHex('00000021 25 00000001 00000007 00000003 00000010')
  const withRoom = (asked: unknown[]): FrameDecoder =>
    new FrameDecoder({
      ...silent,
      room: (place) => {
        asked.push(place)
        return Buffer.alloc(100)
      },
    })

  it('is asked for where the next byte belongs, and ends where the frame does', () => {
    const asked: unknown[] = []
    const decoder = withRoom(asked)
    decoder.push(Buffer.concat([header, Buffer.alloc(6)]))
    expect(decoder.room()?.length).toBe(10)
    expect(asked).toEqual([{ transfer: 1, request: 7, piece: 3, offset: 22 }])
  })

  it('is not asked for between frames, in a header, or when the stream cannot be read any further', () => {
    const asked: unknown[] = []
    const decoder = withRoom(asked)
    expect(decoder.room()).toBeUndefined()
    decoder.push(Buffer.concat([header, Buffer.alloc(16)]))
    expect(decoder.room()).toBeUndefined()
    decoder.push(header.subarray(0, 9))
    expect(decoder.room()).toBeUndefined()
    decoder.push(Buffer.concat([header.subarray(9), Buffer.alloc(16)]))
    expect(() => decoder.push(fromHex('00000001 00'))).toThrow(refused)
    expect(decoder.room()).toBeUndefined()
    expect(asked).toEqual([])
  })
})
