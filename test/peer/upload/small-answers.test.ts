import { describe, expect, it, vi } from 'vitest'
import { STALL_MS } from '../../../src/transfer/limits.js'
import { settle } from '../../helpers/manual-clock.js'
import { ContentHarness, endOf } from './content-harness.js'

describe('a small content that is asked for as a whole', () => {
  it('is read and sent at once, with no file kept open, and told as any upload', async () => {
    await using harness = await ContentHarness.start()
    const all = Array.from({ length: 40 }, (_, number) => harness.publish(`${number}`, 16_384).allowReadNow())
    const asker = await harness.connect()
    for (const served of all) asker.requestAll(asker.open(served, harness.ticket(served)))
    await asker.until(() => all.every((_, place) => asker.count(place + 1) === 16_384))
    all.forEach(({ bytes, readsNow, reads }, place) => {
      expect(asker.received(place + 1).equals(bytes)).toBe(true)
      expect([readsNow, reads.length]).toEqual([1, 0])
      expect(asker.of(place + 1).map(({ type }) => type)).toEqual(['opened', 'haveAll'])
    })
    expect(await Promise.all(harness.uploads.map(endOf))).toEqual(all.map(() => 'done'))
    expect(harness.uploads[7]?.progress).toEqual({ transferred: 16_384, size: 16_384 })
  })

  it('stands in the line like any other while all slots are taken', async () => {
    await using harness = await ContentHarness.start({ slots: 1 })
    const [large, small] = [harness.publish('large', 400_000), harness.publish('small', 1000).allowReadNow()]
    const asker = await harness.connect()
    const holder = asker.open(large, harness.ticket(large))
    asker.request(holder, 0, 0, 1000)
    await asker.until(() => asker.count(holder) === 1000)
    const waiter = asker.open(small, harness.ticket(small))
    asker.requestAll(waiter)
    await asker.until(() => asker.places(waiter).length > 0)
    expect([asker.places(waiter), asker.count(waiter), small.readsNow]).toEqual([[1], 0, 0])
    asker.channel.send({ type: 'close', transfer: holder })
    await asker.until(() => asker.count(waiter) === 1000)
    expect(asker.received(waiter).equals(small.bytes)).toBe(true)
  })

  it('is refused when it has changed, and hashed anew', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 1000).allowReadNow()
    served.isChanged = true
    const asker = await harness.connect()
    asker.requestAll(asker.open(served, harness.ticket(served)))
    await asker.until(() => asker.failure(1) !== undefined)
    expect([asker.failure(1), asker.count(1)]).toEqual(['FILE_CHANGED', 0])
    expect(harness.changed).toEqual([served])
    expect(await endOf(harness.uploads[0])).toBe('FILE_CHANGED')
  })

  it('is not sent without a ticket for it, nor when it was taken back', async () => {
    await using harness = await ContentHarness.start()
    const [a, b] = ['a', 'b'].map((name) => harness.publish(name, 1000).allowReadNow())
    if (a === undefined || b === undefined) throw new Error('both are published')
    const asker = await harness.connect()
    asker.requestAll(asker.open(a, harness.ticket(b)))
    const taken = asker.open(b, harness.ticket(b))
    asker.requestAll(taken)
    asker.channel.send({ type: 'cancel', transfer: taken, request: 1 })
    const other = asker.open(b, harness.ticket(b))
    asker.requestAll(other)
    await asker.until(() => asker.count(other) === 1000)
    expect([asker.failure(1), asker.count(1), asker.count(taken)]).toEqual(['FORBIDDEN', 0, 0])
    expect([a.readsNow, b.readsNow]).toEqual([0, 1])
  })

  it('goes another way in parts, and on a rate', async () => {
    for (const rate of [undefined, 1_000_000]) {
      await using harness = await ContentHarness.start(rate === undefined ? {} : { rate })
      const served = harness.publish('a', 1000).allowReadNow()
      const asker = await harness.connect()
      const transfer = asker.open(served, harness.ticket(served))
      if (rate === undefined) asker.request(transfer, 0, 0, 500)
      else asker.requestAll(transfer)
      await asker.until(() => asker.count(transfer) >= 500)
      expect([served.readsNow, served.reads.length]).toEqual([0, 1])
    }
  })

  it('is not waited for again on a disk that has turned out slow', async () => {
    await using harness = await ContentHarness.start()
    const all = Array.from({ length: 7 }, (_, number) => harness.publish(`${number}`, 1000).allowReadNow())
    const asker = await harness.connect()
    let now = harness.clock.monotonic()
    const spy = vi.spyOn(harness.clock, 'monotonic').mockImplementation(() => now)
    const [first] = all
    // One that takes its time says nothing; four in a row do.
    for (const served of all.filter((_, number) => number !== 1)) {
      const { readNow } = served
      served.readNow = (target) => {
        now += 3
        return readNow?.(target) ?? false
      }
    }
    for (const served of all) asker.requestAll(asker.open(served, harness.ticket(served)))
    await asker.until(() => all.every((_, place) => asker.count(place + 1) === 1000))
    expect(all.map(({ readsNow }) => readsNow)).toEqual([1, 1, 1, 1, 1, 1, 0])
    now += 10_000
    if (first !== undefined) asker.requestAll(asker.open(first, harness.ticket(first)))
    await asker.until(() => asker.count(8) === 1000)
    expect(first?.readsNow).toBe(2)
    spy.mockRestore()
  })

  it('is not read for a receiver that takes nothing, beyond what is on its way', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 65_536).allowReadNow()
    const receiver = harness.connectHostileInMemory()
    receiver.hello()
    for (let transfer = 1; transfer <= 100; transfer++) {
      receiver.send(
        { type: 'open', transfer, root: served.content.root, ticket: harness.ticket(served) },
        { type: 'request', transfer, request: 1, piece: 0, offset: 0, length: 65_536 },
      )
    }
    await settle()
    await settle()
    expect(served.readsNow).toBeGreaterThan(0)
    expect(served.readsNow * 65_536).toBeLessThanOrEqual(524_288)
    expect(served.reads).toEqual([])
    await harness.clock.advance(STALL_MS + 2_000)
    expect(await endOf(harness.uploads.at(-1))).toBe('SOURCE_LOST')
  })
})
