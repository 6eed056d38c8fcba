import { beforeEach, describe, expect, it } from 'vitest'
import type { Bitfield } from '../../../src/content/bitfield.js'
import { BitTrickleError } from '../../../src/errors.js'
import {
  SourceChannel,
  type SourceListener,
  type SourceReceipt,
} from '../../../src/peer/download/source-channel.js'
import { FrameDecoder } from '../../../src/transfer/frame-decoder.js'
import { encodeFrame, writeDataHeader } from '../../../src/transfer/frame-encoder.js'
import type { Frame } from '../../../src/transfer/frames.js'
import { DATA_HEADER_BYTES } from '../../../src/transfer/protocol.js'
import { makeDuplexPair } from '../../helpers/duplex-pair.js'
import { TestContent } from '../../helpers/hostile-source.js'
import { ManualClock, settle } from '../../helpers/manual-clock.js'

const PIECE = 131_072
const served = new TestContent(3 * PIECE + 1000)
const { root, layout } = served

/** Keeps what a source says about a content. */
class Listener implements SourceListener {
  pieces: Bitfield | undefined
  tellings = 0
  readonly data: { piece: number; offset: number; bytes: string }[] = []
  readonly places: number[] = []
  readonly refused: string[] = []
  readonly ends: BitTrickleError[] = []

  onPieces(pieces: Bitfield): void {
    this.pieces = pieces
    this.tellings++
  }
  onData(piece: number, offset: number, bytes: Buffer): void {
    this.data.push({ piece, offset, bytes: bytes.toString() })
  }
  onQueued(place: number): void {
    this.places.push(place)
  }
  onRefused(piece: number, { code }: BitTrickleError): void {
    this.refused.push(`${piece} ${code}`)
  }
  onEnd(error: BitTrickleError): void {
    this.ends.push(error)
  }
}

let clock: ManualClock
let channel: SourceChannel
/** What the channel says. */
let said: Frame[]
let write: (bytes: Buffer) => void
let vanish: () => void
let listener: Listener
let receipts: SourceReceipt[]

beforeEach(() => {
  clock = new ManualClock()
  const [ours, theirs] = makeDuplexPair()
  said = []
  const decoder = new FrameDecoder({ onFrame: (frame) => said.push(frame), onData: () => {} })
  theirs.on('data', (bytes: Buffer) => decoder.push(bytes))
  theirs.on('end', () => theirs.end())
  write = (bytes) => theirs.write(bytes)
  vanish = () => void ours.destroy()
  receipts = []
  channel = new SourceChannel({ stream: ours }, clock, (receipt) => receipts.push(receipt))
  listener = new Listener()
})

/** What the channel says since, hello and keepalives aside. */
async function news(): Promise<Frame[]> {
  await settle()
  await settle()
  return said.splice(0).filter(({ type }) => type !== 'hello' && type !== 'keepalive')
}

async function tell(...frames: readonly Frame[]): Promise<void> {
  for (const frame of frames) write(encodeFrame(frame))
  await settle()
  await settle()
}

async function data(
  request: number,
  piece: number,
  offset: number,
  text: string,
  transfer = 1,
): Promise<void> {
  const frame = Buffer.alloc(DATA_HEADER_BYTES + text.length)
  writeDataHeader(frame, { transfer, request, piece, offset, length: text.length })
  frame.write(text, DATA_HEADER_BYTES)
  write(frame)
  await settle()
  await settle()
}

const hello = (maxRequests = 256): Promise<void> => tell({ type: 'hello', version: 1, maxRequests })
const open = (to: SourceListener = listener) => channel.open(root, layout, 'a.b.c', to)

describe('a channel to a source', () => {
  it('asks for a content, and for its pieces and hashes, in frames of the protocol', async () => {
    const transfer = open()
    await hello()
    expect(await news()).toEqual([{ type: 'open', transfer: 1, root: served.content.root, ticket: 'a.b.c' }])
    transfer.request(2)
    transfer.request(3)
    void transfer.layer().catch(() => {})
    transfer.renew('d.e.f')
    expect(await news()).toEqual([
      { type: 'request', transfer: 1, request: 1, piece: 2, offset: 0, length: PIECE },
      { type: 'request', transfer: 1, request: 2, piece: 3, offset: 0, length: 1000 },
      { type: 'requestHashes', transfer: 1, first: 0, count: 4 },
      { type: 'renew', transfer: 1, ticket: 'd.e.f' },
    ])
    transfer.cancel(3)
    transfer.cancel(1)
    transfer.close()
    transfer.close()
    expect(await news()).toEqual([
      { type: 'cancel', transfer: 1, request: 2 },
      { type: 'close', transfer: 1 },
    ])
    open()
    expect(await news()).toMatchObject([{ type: 'open', transfer: 2 }])
    expect(channel.size).toBe(1)
  })

  it('tells which pieces there are, and when there are more', async () => {
    open()
    await hello()
    await tell({ type: 'opened', transfer: 1, size: layout.size })
    await tell({ type: 'bitfield', transfer: 1, bits: Buffer.from([0b1010_0000]) })
    expect([0, 1, 2, 3].map((piece) => listener.pieces?.has(piece))).toEqual([true, false, true, false])
    await tell({ type: 'have', transfer: 1, piece: 3 })
    expect(listener.pieces?.has(3)).toBe(true)
    // What is known already is no news, and costs nothing.
    const { tellings } = listener
    await tell({ type: 'have', transfer: 1, piece: 3 })
    expect(listener.tellings).toBe(tellings)
    await tell({ type: 'haveAll', transfer: 1 }, { type: 'haveAll', transfer: 1 })
    expect(listener.pieces?.isComplete).toBe(true)
    expect(listener.tellings).toBe(tellings + 1)
  })

  it('hands the bytes on in order, and counts them', async () => {
    const transfer = open()
    await hello()
    transfer.request(2)
    await data(1, 2, 0, 'one')
    await data(1, 2, 3, 'two')
    expect(listener.data).toEqual([
      { piece: 2, offset: 0, bytes: 'one' },
      { piece: 2, offset: 3, bytes: 'two' },
    ])
    expect(channel.dataBytes).toBe(6)
  })

  it('hands nothing on of what was taken back, though it may still come', async () => {
    const transfer = open()
    await hello()
    transfer.request(2)
    transfer.cancel(2)
    await data(1, 2, 0, 'one')
    transfer.close()
    await data(1, 2, 3, 'two')
    expect(listener.data).toEqual([])
    expect(channel.closed).toBeUndefined()
  })

  it('puts the piece layer together', async () => {
    const transfer = open()
    await hello()
    const layer = transfer.layer()
    await tell({ type: 'hashes', transfer: 1, first: 0, hashes: served.content.pieces })
    expect(await layer).toEqual(served.content.pieces)
  })

  it('tells the place in the line, what will not come, and when to come back', async () => {
    const transfer = open()
    await hello()
    transfer.request(2)
    await tell({ type: 'queued', transfer: 1, place: 3 }, { type: 'queued', transfer: 1, place: 0 })
    expect(listener.places).toEqual([3, 0])
    await tell({ type: 'failed', transfer: 1, request: 1, status: 4, message: 'Gone.' })
    await tell({ type: 'failed', transfer: 1, request: 1, status: 4, message: 'Gone.' })
    expect(listener.refused).toEqual(['2 NOT_FOUND'])
    await tell({ type: 'busy', transfer: 1, retryAfter: 30_000 })
    expect(listener.ends).toMatchObject([{ code: 'UPLOADS_FULL', retryable: true, retryAfter: 30_000 }])
    expect(channel.size).toBe(0)
  })

  it.each([
    [3, 'FORBIDDEN'],
    [5, 'FILE_CHANGED'],
    [9, 'SOURCE_LOST'],
    [999, 'INTERNAL'],
  ])('tells why a transfer failed: status %i', async (status, code) => {
    const transfer = open()
    await hello()
    const layer = transfer.layer()
    layer.catch(() => {})
    await tell({ type: 'failed', transfer: 1, request: 0, status, message: 'So it is.' })
    await expect(layer).rejects.toMatchObject({ code })
    expect(listener.ends).toMatchObject([{ code, message: expect.stringContaining('So it is.') }])
    // The channel is as good as before.
    expect(channel.closed).toBeUndefined()
  })

  it('ends all transfers when it ends, each once, and those that come later too', async () => {
    const listeners = [new Listener(), new Listener(), new Listener()]
    open(listeners[0])
    open(listeners[1]).close()
    await hello()
    channel.close()
    await settle()
    open(listeners[2])
    await settle()
    expect(listeners.map(({ ends }) => ends.length)).toEqual([1, 0, 1])
    expect(listeners[2]?.ends[0]).toBe(channel.closed)
    await clock.advance(5_000)
    expect(clock.timers).toBe(0)
  })
})

describe('requests on one channel', () => {
  it('are no more at a time than the source answers, over all transfers', async () => {
    const [one, two] = [open(), open(new Listener())]
    for (const piece of [0, 1, 2]) {
      one.request(piece)
      two.request(piece)
    }
    expect((await news()).filter(({ type }) => type === 'request')).toEqual([])
    await hello(4)
    const asked = await news()
    expect(
      asked.map((frame) => 'transfer' in frame && 'piece' in frame && [frame.transfer, frame.piece]),
    ).toEqual([
      [1, 0],
      [2, 0],
      [1, 1],
      [2, 1],
    ])
    // One that the source has not heard of needs no taking back, and one that it has makes room behind that.
    two.cancel(2)
    one.cancel(0)
    expect(await news()).toMatchObject([
      { type: 'cancel', transfer: 1, request: 1 },
      { type: 'request', transfer: 1, piece: 2 },
    ])
    two.close()
    one.request(3)
    expect(await news()).toMatchObject([
      { type: 'close', transfer: 2 },
      { type: 'request', transfer: 1, piece: 3 },
    ])
  })

  it('make room for others when they are answered, refused, or fail with their transfer', async () => {
    const listeners = [new Listener(), new Listener()]
    const [one, two] = listeners.map(open)
    await hello(1)
    await news()
    one?.request(3)
    one?.request(2)
    two?.request(0)
    two?.request(1)
    expect(await news()).toMatchObject([{ transfer: 1, piece: 3 }])
    await data(1, 3, 0, 'x'.repeat(999))
    expect(await news()).toEqual([])
    await data(1, 3, 999, 'x')
    expect(await news()).toMatchObject([{ transfer: 1, piece: 2 }])
    await tell({ type: 'failed', transfer: 1, request: 2, status: 4, message: '' })
    expect(await news()).toMatchObject([{ transfer: 2, piece: 0 }])
    await tell({ type: 'failed', transfer: 2, request: 0, status: 3, message: '' })
    one?.request(0)
    expect(await news()).toMatchObject([{ transfer: 1, piece: 0 }])
  })
})

describe('a source that breaks the rules', () => {
  it.each<[string, () => Promise<void>]>([
    ['another size', () => tell({ type: 'opened', transfer: 1, size: 5 })],
    ['a transfer that nobody opened', () => tell({ type: 'haveAll', transfer: 2 })],
    ['too short a bitfield', () => tell({ type: 'bitfield', transfer: 1, bits: Buffer.alloc(2) })],
    ['a piece behind the last', () => tell({ type: 'have', transfer: 1, piece: 4 })],
    ['hashes of other pieces', () => tell(hashes(1, 3))],
    ['too many hashes', () => tell(hashes(0, 5))],
    ['too few hashes', () => tell(hashes(0, 3))],
    ['hashes twice', () => tell(hashes(0, 4), hashes(0, 4))],
    ['bytes of another piece', () => data(1, 2, 0, 'x')],
    ['bytes that do not go on where they were', () => data(1, 3, 1, 'x')],
    ['more bytes than a piece has', () => data(1, 3, 0, 'x'.repeat(1001))],
    ['what a receiver says', () => tell({ type: 'close', transfer: 1 })],
  ])('is sent away: %s', async (_what, offend) => {
    const transfer = open()
    await hello()
    transfer.request(3)
    transfer.layer().catch(() => {})
    await news()
    await offend()
    expect(listener.ends).toMatchObject([{ code: 'PROTOCOL_ERROR' }])
    expect((await news()).at(-1)).toMatchObject({ type: 'goodbye', status: 1 })
  })

  it('is sent away: hashes that nobody asked for', async () => {
    open()
    await hello()
    await tell(hashes(0, 4))
    expect(listener.ends).toMatchObject([{ code: 'PROTOCOL_ERROR' }])
  })
})

function hashes(first: number, count: number): Frame {
  return { type: 'hashes', transfer: 1, first, hashes: Buffer.alloc(32 * count) }
}

describe('the receipt of a transfer', () => {
  const lost = new BitTrickleError('CONTENT_MISMATCH', 'wrong')

  async function ask(): Promise<ReturnType<typeof open>> {
    const transfer = open()
    await hello()
    transfer.request(3)
    await clock.advance(500)
    return transfer
  }

  it('that is closed when all has come says done, and how much it was and how long it took', async () => {
    const transfer = await ask()
    await data(1, 3, 0, 'x'.repeat(1000))
    expect(receipts).toEqual([])
    transfer.close()
    transfer.close()
    channel.close()
    expect(receipts).toEqual([{ root, bytes: 1000, ms: 500, outcome: 'done' }])
  })

  it('that is closed before says aborted, unless its owner knows better', async () => {
    const transfer = await ask()
    await data(1, 3, 0, 'x'.repeat(10))
    transfer.close()
    const second = open()
    second.request(1)
    second.close('done')
    const third = open()
    third.request(1)
    third.close(lost)
    expect(receipts.map(({ bytes, outcome }) => [bytes, outcome])).toEqual([
      [10, 'aborted'],
      [0, 'done'],
      [0, { failed: 'CONTENT_MISMATCH' }],
    ])
  })

  it('that the source ends says why, also when nothing was asked', async () => {
    await ask()
    open()
    await tell({ type: 'failed', transfer: 1, request: 0, status: 5, message: '' })
    await tell({ type: 'failed', transfer: 2, request: 0, status: 3, message: '' })
    expect(receipts.map(({ outcome }) => outcome)).toEqual([
      { failed: 'FILE_CHANGED' },
      { failed: 'FORBIDDEN' },
    ])
  })

  it('whose connection is gone says so', async () => {
    await ask()
    await data(1, 3, 0, 'x'.repeat(10))
    vanish()
    await settle()
    expect(receipts).toEqual([{ root, bytes: 10, ms: 500, outcome: { failed: 'SOURCE_LOST' } }])
  })

  it('that another end says goodbye to is no wish of ours, as the close of this one is', async () => {
    await ask()
    await tell({ type: 'goodbye', status: 10, message: '' })
    expect(receipts.map(({ outcome }) => outcome)).toEqual([{ failed: 'CLOSED' }])
  })

  it('whose channel is closed here says aborted', async () => {
    await ask()
    channel.close()
    expect(receipts.map(({ outcome }) => outcome)).toEqual(['aborted'])
  })

  it('of which nothing was asked is none', async () => {
    const transfer = open()
    await hello()
    transfer.close()
    expect(receipts).toEqual([])
  })
})
