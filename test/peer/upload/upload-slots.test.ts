import { describe, expect, it } from 'vitest'
import { MAX_WAITING_TRANSFERS } from '../../../src/transfer/limits.js'
import { settle } from '../../helpers/manual-clock.js'
import { ContentHarness, endOf } from './content-harness.js'

// More than the system holds for two ends, in as many pieces as may be asked for at a time.
const LARGE = 32 * 1024 * 1024

describe('upload slots of a content server', () => {
  it('serve five transfers; others wait, hear their place, and get a slot when one is free', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    const asker = await harness.connect()
    const transfers: number[] = []
    for (let count = 0; count < 7; count++) {
      const transfer = asker.open(served, harness.ticket(served))
      transfers.push(transfer)
      asker.request(transfer, 0, 0, 1000)
      await asker.until(() => asker.count(transfer) > 0 || asker.places(transfer).length > 0)
    }
    expect(transfers.map((transfer) => asker.count(transfer))).toEqual([1000, 1000, 1000, 1000, 1000, 0, 0])
    expect(transfers.map((transfer) => asker.places(transfer))).toEqual([[], [], [], [], [], [1], [2]])
    asker.channel.send({ type: 'close', transfer: 3 })
    await asker.until(() => asker.count(6) === 1000 && asker.places(7).length === 2)
    expect([asker.places(6), asker.places(7)]).toEqual([
      [1, 0],
      [2, 1],
    ])
    expect(await endOf(harness.uploads[2])).toBe('done')
    asker.channel.send({ type: 'close', transfer: 1 })
    await asker.until(() => asker.count(7) === 1000)
    expect(asker.places(7)).toEqual([2, 1, 0])
  })

  it('go to other connections too, and are freed by one that breaks off', async () => {
    await using harness = await ContentHarness.start({ slots: 1 })
    const served = harness.publish('a', 400_000)
    const [holder, leaver, next] = await Promise.all([1, 2, 3].map(() => harness.connect()))
    for (const asker of [holder, leaver, next]) {
      asker?.request(asker.open(served, harness.ticket(served)), 0, 0, 1000)
      await asker?.until(() => asker.count(1) > 0 || asker.places(1).length > 0)
    }
    expect(next?.places(1)).toEqual([2])
    leaver?.channel.close()
    await next?.until(() => next.places(1).length === 2)
    expect(next?.places(1)).toEqual([2, 1])
    holder?.channel.close()
    await next?.until(() => next.count(1) === 1000)
    // Nothing of what it had asked was missing, unlike the one that waited.
    expect(await Promise.all(harness.uploads.slice(0, 2).map(endOf))).toEqual(['done', 'SOURCE_LOST'])
  })

  it('are not waited for by one who takes back what it asked', async () => {
    await using harness = await ContentHarness.start({ slots: 1 })
    const served = harness.publish('a', 400_000)
    const asker = await harness.connect()
    const transfers = [1, 2, 3].map(() => asker.open(served, harness.ticket(served)))
    for (const transfer of transfers) {
      asker.request(transfer, 0, 0, 1000)
      await asker.until(() => asker.count(transfer) > 0 || asker.places(transfer).length > 0)
    }
    asker.channel.send({ type: 'cancel', transfer: 2, request: 1 })
    await asker.until(() => asker.places(3).length === 2)
    expect(asker.places(3)).toEqual([2, 1])
  })

  it('are so wanted that the line is full: who comes then is told to come back', async () => {
    await using harness = await ContentHarness.start({ slots: 1 })
    const served = harness.publish('a', 400_000)
    const ticket = harness.ticket(served)
    const askers = [await harness.connect(), await harness.connect()]
    // One has the slot, the others wait.
    for (const asker of askers) {
      for (let count = 0; count < (MAX_WAITING_TRANSFERS + 1) / 2; count++) {
        asker.request(asker.open(served, ticket), 0, 0, 1000)
      }
      await asker.ping()
    }
    await settle()
    const latest = await harness.connect()
    const transfer = latest.open(served, ticket)
    latest.request(transfer, 0, 0, 1000)
    await latest.until(() => latest.of(transfer).some(({ type }) => type === 'busy'))
    expect(latest.of(transfer).at(-1)).toEqual({ type: 'busy', transfer, retryAfter: 30_000 })
    // What it asks of the transfer that is forgotten is no offence.
    latest.request(transfer, 0, 0, 1000)
    await latest.ping()
    expect(latest.channel.closed).toBeUndefined()
    expect(await endOf(harness.uploads.at(-1))).toBe('UPLOADS_FULL')
  })

  it('are taken from a receiver that asks for nothing', async () => {
    await using harness = await ContentHarness.start({ slots: 1 })
    const served = harness.publish('a', 400_000)
    const asker = await harness.connect()
    const [holder, next] = [1, 2].map(() => asker.open(served, harness.ticket(served))) as [number, number]
    asker.request(holder, 0, 0, 1000)
    await asker.until(() => asker.count(holder) === 1000)
    asker.request(next, 0, 0, 1000)
    await asker.until(() => asker.places(next).length > 0)
    await harness.clock.advance(29_000)
    expect(harness.uploads[0]?.progress.transferred).toBe(1000)
    await harness.clock.advance(1_000)
    await asker.until(() => asker.count(next) === 1000)
    expect(asker.failure(holder)).toBe('SOURCE_LOST')
    expect(await endOf(harness.uploads[0])).toBe('SOURCE_LOST')
  })

  it('are taken from a receiver that takes nothing', async () => {
    await using harness = await ContentHarness.start({ slots: 1 })
    const served = harness.publish('large', LARGE)
    const stalled = await harness.connect()
    const transfer = stalled.open(served, harness.ticket(served))
    await stalled.until(() => stalled.of(transfer).length === 2)
    stalled.channel.pause()
    stalled.requestAll(transfer)
    while (harness.uploads.length === 0) await settle()
    const next = await harness.connect()
    next.request(next.open(served, harness.ticket(served)), 0, 0, 1000)
    await next.until(() => next.places(1).length > 0)
    // What the system holds for it may go on for a while; then it stands still.
    const ended = endOf(harness.uploads[0])
    let end: string | undefined
    void ended.then((how) => (end = how))
    for (; end === undefined; await settle()) await harness.clock.advance(1_000)
    expect(end).toBe('SOURCE_LOST')
    await expect(harness.uploads[0]?.done).rejects.toThrow('Nothing was taken')
    await next.until(() => next.count(1) === 1000)
    await harness.clock.advance(2_000)
    stalled.channel.resume()
    await stalled.closed
    next.channel.send({ type: 'close', transfer: 1 })
    await next.ping()
    expect(served.openFiles).toBe(0)
  })

  it.each([
    ['that takes too little, while others wait', true],
    ['no matter how little it takes, when nobody else waits', false],
  ])('are taken from a receiver %s', async (_what, isAwaited) => {
    await using harness = await ContentHarness.start({ slots: 1 })
    const served = harness.publish('large', LARGE)
    const slow = harness.connectHostileInMemory()
    slow.hello()
    slow.send({ type: 'open', transfer: 1, root: served.content.root, ticket: harness.ticket(served) })
    for (const piece of [0, 1, 2]) {
      slow.send({ type: 'request', transfer: 1, request: piece + 1, piece, offset: 0, length: 131_072 })
    }
    while (harness.uploads.length === 0) await settle()
    const [upload] = harness.uploads
    let end: string | undefined
    void endOf(upload).then((how) => {
      end = how
    })
    const next = await harness.connect()
    const other = harness.publish('b', 1000)
    if (isAwaited) {
      next.request(next.open(other, harness.ticket(other)), 0, 0, 1000)
      await next.until(() => next.places(1).length > 0)
    }
    // 4,000 bytes a second: it never stands still, and each frame counts when it is taken.
    for (let second = 0; second < 45 && end === undefined; second++) {
      slow.stream.read(4_000)
      await settle()
      await harness.clock.advance(1_000)
    }
    expect(end).toBe(isAwaited ? 'SOURCE_LOST' : undefined)
    if (isAwaited) await next.until(() => next.count(1) === 1000)
  })
})
