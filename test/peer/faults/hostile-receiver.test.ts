import { describe, expect, it } from 'vitest'
import type { Frame } from '../../../src/transfer/frames.js'
import { MAX_UNSENT_BYTES, STALL_MS } from '../../../src/transfer/limits.js'
import { settle } from '../../helpers/manual-clock.js'
import { ContentHarness, endOf } from '../upload/content-harness.js'
import type { MemoryContent } from '../upload/memory-content.js'

const MEGABYTE = 1_048_576

/** What an honest receiver gets, whatever the other one does. */
async function expectServed(harness: ContentHarness, served: MemoryContent): Promise<void> {
  const asker = await harness.connect()
  const transfer = asker.open(served, harness.ticket(served))
  asker.requestAll(transfer)
  await asker.until(() => asker.count(transfer) === served.bytes.length)
  expect(asker.received(transfer).equals(served.bytes)).toBe(true)
}

/** Lets time pass until the connection was ended. @returns how much that was */
async function untilEnded(harness: ContentHarness, ended: Promise<void>): Promise<number> {
  let isEnded = false
  void ended.then(() => {
    isEnded = true
  })
  const from = harness.clock.monotonic()
  while (!isEnded) {
    await harness.clock.advance(1_000)
    await settle()
  }
  return harness.clock.monotonic() - from
}

const openFrame = (harness: ContentHarness, served: MemoryContent, transfer: number): Frame => ({
  type: 'open',
  transfer,
  root: served.content.root,
  ticket: harness.ticket(served),
})

describe('a hostile receiver', () => {
  it('that opens, asks for all, and never reads, holds one slot for half a minute, and little memory', async () => {
    await using harness = await ContentHarness.start({ slots: 1 })
    const large = harness.publish('large', 32 * MEGABYTE)
    const served = harness.publish('a', 400_000)
    const hostile = await harness.connectHostile()
    hostile.hello()
    hostile.send(openFrame(harness, large, 1))
    for (let piece = 0; piece < 256; piece++) {
      hostile.send({ type: 'request', transfer: 1, request: piece + 1, piece, offset: 0, length: 131_072 })
    }
    while (harness.uploads.length === 0) await settle()
    const upload = harness.uploads[0]
    let isOver = false
    const end = endOf(upload).finally(() => {
      isOver = true
    })
    while (!isOver) await harness.clock.advance(1_000)
    expect(await end).toBe('SOURCE_LOST')
    expect(harness.clock.monotonic()).toBeLessThan(2 * STALL_MS)
    // What the system takes for a connection, and no more, was read from the disk.
    expect(large.reads.length).toBeLessThan(200)
    await expectServed(harness, served)
  })

  it('that opens and closes thousands of transfers in one breath leaves nothing of them', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    const hostile = await harness.connectHostile()
    hostile.read()
    hostile.hello()
    const flood: Frame[] = []
    for (let transfer = 1; transfer <= 5_000; transfer++) {
      flood.push(openFrame(harness, served, transfer), { type: 'close', transfer })
    }
    hostile.send(...flood, openFrame(harness, served, 5_001), { type: 'keepalive' })
    await hostile.until(() => hostile.frames.some((frame) => 'transfer' in frame && frame.transfer === 5_001))
    expect(hostile.frames.at(-1)?.type).not.toBe('failed')
    expect(harness.uploads).toEqual([])
    await expectServed(harness, served)
  })

  it('that renews a ticket thousands of times in one breath is no better off, and no other worse', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    const hostile = await harness.connectHostile()
    hostile.read()
    hostile.hello()
    hostile.send(openFrame(harness, served, 1))
    await hostile.until(() => hostile.frames.some(({ type }) => type === 'opened'))
    const renewal = { type: 'renew', transfer: 1, ticket: harness.ticket(served) } as const
    hostile.send(...Array.from({ length: 5_000 }, () => renewal), openFrame(harness, served, 2))
    await hostile.until(() => hostile.frames.some((frame) => 'transfer' in frame && frame.transfer === 2))
    expect(harness.uploads).toEqual([])
    await expectServed(harness, served)
  })

  it('that opens thousands and reads nothing of the answers is cut off at some MiB of them', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    // In memory, where nothing moves that is not read.
    const hostile = harness.connectHostileInMemory()
    hostile.hello()
    let transfer = 0
    hostile.send(...Array.from({ length: 300 }, () => openFrame(harness, served, ++transfer)))
    let isEnded = false
    void hostile.ended.then(() => {
      isEnded = true
    })
    // Each of these is told that there are too many.
    const flood = (): Frame[] =>
      Array.from({ length: 5_000 }, () => {
        return { type: 'open', transfer: ++transfer, root: served.content.root, ticket: 'a.b.c' }
      })
    for (; !isEnded && transfer < 1_000_000; await settle()) {
      hostile.send(...flood())
      await harness.clock.advance(500)
    }
    expect(transfer).toBeLessThan(MAX_UNSENT_BYTES / 20)
    await expectServed(harness, served)
  })

  it('that floods requests is sent away', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    const hostile = await harness.connectHostile()
    hostile.read()
    hostile.hello()
    hostile.send(openFrame(harness, served, 1))
    const requests: Frame[] = Array.from({ length: 10_000 }, (_, at) => {
      return { type: 'request', transfer: 1, request: at + 1, piece: 0, offset: 0, length: 131_072 }
    })
    hostile.send(...requests)
    await hostile.ended
    expect(hostile.frames.at(-1)).toMatchObject({ type: 'goodbye', status: 1 })
    await expectServed(harness, served)
  })

  it('that asks and takes back for ever makes no other wait, and is one upload', async () => {
    await using harness = await ContentHarness.start({ slots: 1 })
    const served = harness.publish('a', 400_000)
    const hostile = await harness.connectHostile()
    hostile.read()
    hostile.hello()
    hostile.send(openFrame(harness, served, 1))
    await hostile.until(() => hostile.frames.some(({ type }) => type === 'haveAll'))
    for (let request = 1; request <= 5_000; request++) {
      hostile.send(
        { type: 'request', transfer: 1, request, piece: 0, offset: 0, length: 131_072 },
        { type: 'cancel', transfer: 1, request },
      )
    }
    hostile.send({ type: 'open', transfer: 2, root: Buffer.alloc(32), ticket: 'a.b.c' })
    await hostile.until(() => hostile.frames.some(({ type }) => type === 'failed'))
    expect(harness.uploads.length).toBeLessThanOrEqual(1)
    // It has the slot, asks for nothing, and loses it.
    const waiting = expectServed(harness, served)
    await harness.clock.advance(STALL_MS + 2_000)
    await waiting
  })

  it.each<[string, Buffer]>([
    ['hello that never comes', Buffer.alloc(0)],
    ['hello of which a part comes', Buffer.from('0000000501', 'hex')],
    ['frame that never ends', Buffer.from('00000005010001010000000010', 'hex')],
  ])('is not waited for: a %s', async (_what, bytes) => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    const hostile = await harness.connectHostile()
    hostile.read()
    hostile.raw(bytes)
    expect(await untilEnded(harness, hostile.ended)).toBeLessThan(70_000)
    await expectServed(harness, served)
  })

  it('that sends a frame byte by byte, for ever, holds a few bytes and is sent away when it has no transfer', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    const hostile = await harness.connectHostile()
    hostile.read()
    hostile.hello()
    hostile.raw(Buffer.from('0000040010', 'hex'))
    let isEnded = false
    void hostile.ended.then(() => {
      isEnded = true
    })
    let seconds = 0
    for (; !isEnded && seconds < 1_000; seconds++) {
      hostile.raw(Buffer.from('A'))
      await harness.clock.advance(1_000)
      await settle()
    }
    expect(seconds).toBeLessThan(100)
    await expectServed(harness, served)
  })
})
