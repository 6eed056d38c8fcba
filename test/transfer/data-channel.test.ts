import type { Duplex } from 'node:stream'
import { beforeEach, describe, expect, it } from 'vitest'
import type { BitTrickleError } from '../../src/errors.js'
import { DataChannel } from '../../src/transfer/data-channel.js'
import { FrameDecoder } from '../../src/transfer/frame-decoder.js'
import { encodeFrame, writeDataHeader } from '../../src/transfer/frame-encoder.js'
import type { Frame } from '../../src/transfer/frames.js'
import { DATA_HEADER_BYTES } from '../../src/transfer/protocol.js'
import { makeDuplexPair } from '../helpers/duplex-pair.js'
import { ManualClock, settle } from '../helpers/manual-clock.js'

const HELLO: Frame = { type: 'hello', version: 1, maxRequests: 256 }

let clock: ManualClock
let stream: Duplex
let other: Duplex
let channel: DataChannel
/** What the channel told its owner, and what it told the other end. */
let seen: Frame[]
let said: Frame[]
let parts: number
let ends: BitTrickleError[]
let onFrame: (frame: Frame) => void

beforeEach(() => {
  clock = new ManualClock()
  ;[stream, other] = makeDuplexPair()
  seen = []
  said = []
  ends = []
  parts = 0
  onFrame = (frame) => seen.push(frame)
  channel = new DataChannel({
    stream,
    clock,
    handler: {
      onFrame: (frame) => onFrame(frame),
      onData: () => {
        parts++
      },
      onClose: (error) => ends.push(error),
    },
  })
})

/** Reads what the channel says, as the other end. */
function listen(): void {
  const decoder = new FrameDecoder({ onFrame: (frame) => said.push(frame), onData: () => {} })
  other.on('data', (bytes: Buffer) => decoder.push(bytes))
  other.on('end', () => other.end())
}

async function tell(...frames: readonly Frame[]): Promise<void> {
  other.write(Buffer.concat(frames.map(encodeFrame)))
  await settle()
}

function dataFrame(length: number): Buffer {
  const frame = Buffer.alloc(DATA_HEADER_BYTES + length)
  writeDataHeader(frame, { transfer: 1, request: 1, piece: 0, offset: 0, length })
  return frame
}

/** It has told its owner once, and left nothing. */
async function expectEnd(code: string, message = ''): Promise<void> {
  expect(ends).toHaveLength(1)
  expect(ends[0]).toMatchObject({ code, message: expect.stringContaining(message) })
  expect(channel.closed).toBe(ends[0])
  await settle()
  await settle()
  expect(stream.destroyed).toBe(true)
  expect(clock.timers).toBe(0)
}

describe('the first frame', () => {
  it('is hello, said without waiting', async () => {
    listen()
    await settle()
    expect(said).toEqual([HELLO])
    await tell({ ...HELLO, version: 3, maxRequests: 7 })
    expect(await channel.hello).toMatchObject({ version: 3, maxRequests: 7 })
  })

  it.each<[string, Buffer]>([
    ['another frame', encodeFrame({ type: 'keepalive' })],
    ['a goodbye', encodeFrame({ type: 'goodbye', status: 0, message: '' })],
    ['data', dataFrame(1)],
    ['a second hello', Buffer.concat([encodeFrame(HELLO), encodeFrame(HELLO)])],
    ['garbage', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ])('of the other end may not be %s', async (_what, bytes) => {
    listen()
    other.write(bytes)
    await settle()
    expect(said.at(-1)).toMatchObject({ type: 'goodbye', status: 1 })
    expect(seen).toEqual([])
    expect(parts).toBe(0)
    await expectEnd('PROTOCOL_ERROR')
  })

  it('must have a version in common', async () => {
    listen()
    await tell({ ...HELLO, version: 0 })
    expect(said.at(-1)).toMatchObject({ type: 'goodbye', status: 2 })
    await expect(channel.hello).rejects.toMatchObject({ code: 'UNSUPPORTED_VERSION' })
    await expectEnd('UNSUPPORTED_VERSION')
  })

  it('is not waited for any longer than 10 s', async () => {
    listen()
    await clock.advance(9_999)
    expect(ends).toEqual([])
    await clock.advance(1)
    await expect(channel.hello).rejects.toMatchObject({ code: 'SOURCE_LOST' })
    await expectEnd('SOURCE_LOST', 'does not say hello')
  })
})

describe('silence', () => {
  it('is broken by a keepalive every 15 s, unless something else was said', async () => {
    listen()
    await tell(HELLO)
    const keepalives = (): number => said.filter(({ type }) => type === 'keepalive').length
    await clock.advance(14_999)
    expect(keepalives()).toBe(0)
    await clock.advance(1)
    expect(keepalives()).toBe(1)
    await clock.advance(10_000)
    channel.send({ type: 'close', transfer: 1 })
    await tell({ type: 'keepalive' })
    await clock.advance(14_999)
    expect(keepalives()).toBe(1)
    await clock.advance(1)
    expect(keepalives()).toBe(2)
    expect(seen).toEqual([])
  })

  it('of the other end means after 50 s that it is gone', async () => {
    listen()
    await tell(HELLO)
    await clock.advance(20_000)
    await tell({ type: 'keepalive' })
    await clock.advance(49_999)
    expect(ends).toEqual([])
    await clock.advance(1)
    await expectEnd('SOURCE_LOST', 'silent')
  })

  it('is no wonder while nothing is read', async () => {
    listen()
    await tell(HELLO)
    channel.pause()
    await clock.advance(120_000)
    expect(ends).toEqual([])
    channel.resume()
    await clock.advance(49_999)
    expect(ends).toEqual([])
    await clock.advance(15_000)
    await expectEnd('SOURCE_LOST', 'silent')
  })
})

describe('the end', () => {
  beforeEach(async () => {
    await tell(HELLO)
  })

  it('is said, behind all that was said before', async () => {
    void channel.sendData(dataFrame(100_000)).catch(() => {})
    channel.send({ type: 'close', transfer: 1 })
    channel.close('FILE_CHANGED', 'It changed.')
    channel.close()
    channel.send({ type: 'close', transfer: 2 })
    listen()
    await new Promise((resolve) => stream.on('close', resolve))
    expect(said).toEqual([
      HELLO,
      { type: 'close', transfer: 1 },
      { type: 'goodbye', status: 5, message: 'It changed.' },
    ])
    await expectEnd('FILE_CHANGED', 'It changed.')
    await expect(channel.sendData(dataFrame(1))).rejects.toBe(ends[0])
  })

  it('waits 2 s for an other end that takes nothing', async () => {
    const sending = channel.sendData(dataFrame(100_000))
    channel.close()
    await expect(sending).rejects.toMatchObject({ code: 'CLOSED' })
    await clock.advance(1_999)
    expect(stream.destroyed).toBe(false)
    await clock.advance(1)
    await expectEnd('CLOSED')
  })

  it.each<[string, Frame, string, boolean]>([
    ['well', { type: 'goodbye', status: 0, message: '' }, 'SOURCE_LOST', true],
    ['closing', { type: 'goodbye', status: 10, message: 'Bye' }, 'CLOSED', false],
    ['of a later version', { type: 'goodbye', status: 999, message: 'New' }, 'INTERNAL', false],
  ])('is told by the other end: all is %s', async (_what, goodbye, code, isWell) => {
    listen()
    await tell(goodbye, { type: 'close', transfer: 1 })
    other.end()
    expect(seen).toEqual([])
    expect(channel.hasGoneWell).toBe(isWell)
    await expectEnd(code)
  })

  it.each<[string, () => void]>([
    ['ends', () => other.end()],
    ['breaks', () => other.destroy()],
    ['fails', () => stream.destroy(new Error('ECONNRESET'))],
  ])('comes when the connection %s', async (_what, happens) => {
    listen()
    happens()
    await settle()
    await settle()
    await expectEnd('SOURCE_LOST')
  })

  it('comes when the connection was gone already', async () => {
    const late: BitTrickleError[] = []
    const gone = makeDuplexPair()[0].destroy()
    await settle()
    const handler = { onFrame() {}, onData() {}, onClose: (error: BitTrickleError) => late.push(error) }
    new DataChannel({ stream: gone, clock, handler })
    await settle()
    expect(late).toMatchObject([{ code: 'SOURCE_LOST' }])
  })

  it('comes when the owner fails, and the other end does not hear of what', async () => {
    listen()
    onFrame = () => {
      throw new Error('the secret')
    }
    await tell({ type: 'close', transfer: 1 })
    expect(said.at(-1)).toEqual({ type: 'goodbye', status: 11, message: '' })
    expect(ends[0]?.cause).toMatchObject({ message: 'the secret' })
    await expectEnd('INTERNAL')
  })
})

describe('what is sent', () => {
  beforeEach(async () => {
    await tell(HELLO)
  })

  it('may be data, for which there is room when the other end has taken it', async () => {
    let isSent = false
    const sending = channel.sendData(dataFrame(100_000)).then(() => (isSent = true))
    await settle()
    expect(isSent).toBe(false)
    expect(channel.unsentBytes).toBeGreaterThan(100_000)
    listen()
    await sending
    expect(channel.unsentBytes).toBe(0)
  })

  it('is no more than 4 MiB to one who takes nothing', async () => {
    const hashes: Frame = { type: 'hashes', transfer: 1, first: 0, hashes: Buffer.alloc(32_768) }
    for (let count = 0; count < 127; count++) channel.send(hashes)
    await settle()
    expect(ends).toEqual([])
    channel.send(hashes, hashes)
    await settle()
    expect(ends).toMatchObject([{ code: 'SOURCE_LOST' }])
    await clock.advance(2_000)
    await expectEnd('SOURCE_LOST', 'takes nothing')
  })
})
