import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeHello,
  decodeIndexed,
  decodeRefused,
  encodeHello,
  encodeIndexed,
  encodeRefused,
  isSealed,
} from '../../src/channel/datagrams.js'
import { DatagramType, MAX_DATAGRAM_BYTES } from '../../src/channel/protocol.js'
import { TransportKeys } from '../../src/channel/transport-keys.js'

const bytes = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array))
const index = fc.integer({ min: 1, max: 0xffffffff })

describe('the datagrams', () => {
  it('come back as they were written', () => {
    const indexed = fc.constantFrom(
      [DatagramType.Cookie, 16] as const,
      [DatagramType.Response, 100] as const,
      [DatagramType.Finish, 68] as const,
      [DatagramType.Reset, 16] as const,
    )
    fc.assert(
      fc.property(bytes(36), bytes(16), (message, cookie) => {
        const hello = encodeHello(message, cookie)
        expect(hello).toHaveLength(MAX_DATAGRAM_BYTES)
        expect(decodeHello(hello)).toEqual({ version: 1, message, cookie })
      }),
    )
    fc.assert(
      fc.property(bytes(36), fc.integer({ min: 0, max: 255 }), index, (message, reason, retryAfter) => {
        expect(decodeRefused(encodeRefused(reason, retryAfter, message))).toEqual({
          reason,
          lowestVersion: 1,
          highestVersion: 1,
          retryAfter,
          message,
        })
      }),
    )
    fc.assert(
      fc.property(
        indexed.chain(([type, length]) => fc.tuple(fc.constant(type), bytes(length))),
        index,
        ([type, body], receiver) => {
          expect(decodeIndexed(encodeIndexed(type, receiver, body))).toEqual({ receiver, body })
        },
      ),
    )
  })

  it('are never taken for classic text, and nothing malformed is read', () => {
    const anything = fc.uint8Array({ maxLength: 1300 }).map((array) => Buffer.from(array))
    fc.assert(
      fc.property(anything, (datagram) => {
        expect(isSealed(datagram)).toBe((datagram[0] ?? 0) >= 0x80)
        const hello = decodeHello(datagram)
        if (hello !== undefined) expect(datagram).toHaveLength(MAX_DATAGRAM_BYTES)
        const indexed = decodeIndexed(datagram)
        if (indexed !== undefined) expect(indexed.body.length + 8).toBe(datagram.length)
        decodeRefused(datagram)
      }),
    )
    expect(isSealed(Buffer.from('login hans'))).toBe(false)
    expect(isSealed(Buffer.alloc(0))).toBe(false)
  })
})

describe('sealed frames', () => {
  const pair = (): [TransportKeys, TransportKeys] => {
    const there = Buffer.alloc(32, 1)
    const back = Buffer.alloc(32, 2)
    return [
      new TransportKeys({ localIndex: 1, remoteIndex: 2, sendKey: there, receiveKey: back, madeAt: 0 }),
      new TransportKeys({ localIndex: 2, remoteIndex: 1, sendKey: back, receiveKey: there, madeAt: 0 }),
    ]
  }

  it('come back as they were sealed, once', () => {
    const [mine, theirs] = pair()
    const byte = fc.integer({ min: 0, max: 255 })
    const payload = fc.uint8Array({ maxLength: 1160 })
    fc.assert(
      fc.property(byte, byte, fc.integer({ min: 0, max: 2 ** 48 - 1 }), payload, (kind, extra, id, body) => {
        const datagram = mine.seal(kind, extra, id, body) ?? Buffer.alloc(0)
        const copy = Buffer.from(datagram)
        expect(datagram.length).toBeLessThanOrEqual(MAX_DATAGRAM_BYTES)
        expect(theirs.open(datagram)).toEqual({ kind, extra, id, payload: Buffer.from(body), newest: true })
        expect(theirs.open(copy)).toBeUndefined()
      }),
    )
  })

  it('do not open when a single bit is another, nor in the wrong direction, nor after the keys are gone', () => {
    const [mine, theirs] = pair()
    const datagram = mine.seal(1, 0, 1, Buffer.from('x')) ?? Buffer.alloc(0)
    for (let bit = 0; bit < datagram.length * 8; bit++) {
      const flipped = Buffer.from(datagram)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(theirs.open(flipped)).toBeUndefined()
    }
    for (let end = 0; end < datagram.length; end++) {
      expect(theirs.open(Buffer.from(datagram.subarray(0, end)))).toBeUndefined()
    }
    expect(mine.open(Buffer.from(datagram))).toBeUndefined()
    expect(theirs.open(Buffer.from(datagram))?.id).toBe(1)
    theirs.destroy()
    mine.destroy()
    expect(mine.seal(1, 0, 1, Buffer.alloc(0))).toBeUndefined()
  })
})
