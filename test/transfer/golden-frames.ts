import type { Frame } from '../../src/transfer/frames.js'

const root = Buffer.from(Array.from({ length: 32 }, (_, index) => index))
const rootHex = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'

/** Frames with their bytes: length, type, body. The same stand in docs/protocol.md. */
export const GOLDEN_FRAMES: readonly (readonly [frame: Frame, hex: string])[] = [
  [{ type: 'hello', version: 1, maxRequests: 256 }, '00000005 01 0001 0100'],
  [{ type: 'keepalive' }, '00000001 02'],
  [{ type: 'goodbye', status: 0, message: '' }, '00000003 03 0000'],
  [{ type: 'goodbye', status: 10, message: 'Bye ✓' }, '0000000a 03 000a 42796520e29c93'],
  [{ type: 'open', transfer: 1, root, ticket: 'a.b-c' }, `0000002a 10 00000001 ${rootHex} 612e622d63`],
  [{ type: 'renew', transfer: 1, ticket: 'a.b-c' }, '0000000a 11 00000001 612e622d63'],
  [{ type: 'requestHashes', transfer: 1, first: 1024, count: 476 }, '0000000d 12 00000001 00000400 000001dc'],
  [
    { type: 'request', transfer: 1, request: 7, piece: 3, offset: 65_536, length: 65_536 },
    '00000015 13 00000001 00000007 00000003 00010000 00010000',
  ],
  [{ type: 'cancel', transfer: 1, request: 7 }, '00000009 14 00000001 00000007'],
  [{ type: 'close', transfer: 1 }, '00000005 15 00000001'],
  [{ type: 'opened', transfer: 1, size: 5_000_000_000 }, '0000000d 20 00000001 000000012a05f200'],
  [{ type: 'hashes', transfer: 1, first: 1024, hashes: root }, `00000029 21 00000001 00000400 ${rootHex}`],
  [{ type: 'bitfield', transfer: 1, bits: Buffer.from([0xa0, 0x60]) }, '00000007 22 00000001 a060'],
  [{ type: 'haveAll', transfer: 1 }, '00000005 23 00000001'],
  [{ type: 'have', transfer: 1, piece: 3 }, '00000009 24 00000001 00000003'],
  [{ type: 'queued', transfer: 1, place: 2 }, '00000009 26 00000001 00000002'],
  [{ type: 'busy', transfer: 1, retryAfter: 30_000 }, '00000009 27 00000001 00007530'],
  [
    { type: 'failed', transfer: 1, request: 7, status: 4, message: 'Gone.' },
    '00000010 28 00000001 00000007 0004 476f6e652e',
  ],
]

/** A data frame: its numbers, its bytes, and how it is written. */
export const GOLDEN_DATA = {
  header: { transfer: 1, request: 7, piece: 3, offset: 65_536, length: 4 },
  bytes: Buffer.from('cafe'),
  hex: '00000015 25 00000001 00000007 00000003 00010000 63616665',
} as const
