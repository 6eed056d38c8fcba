import { describe, expect, it } from 'vitest'
import { ContentHarness, endOf } from './content-harness.js'

const SIZE = 5_000_000

describe('the receipt of an upload', () => {
  it('says who got what, all of it, and once', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a.bin', SIZE)
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served))
    asker.requestAll(transfer)
    await asker.until(() => asker.count(transfer) === SIZE)
    expect(await endOf(harness.uploads[0])).toBe('done')
    asker.channel.send({ type: 'close', transfer })
    await asker.ping()
    const root = served.content.root.toString('base64url')
    const common = { way: 'sent', peer: 'hans', root, ms: expect.any(Number) }
    expect(harness.receipts).toEqual([{ ...common, bytes: SIZE, outcome: 'done' }])
  })

  it('of a part is done too, when no more was wanted', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a.bin', SIZE)
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served))
    asker.request(transfer, 0, 0, 1_000)
    await asker.until(() => asker.count(transfer) === 1_000)
    asker.channel.send({ type: 'close', transfer })
    await asker.ping()
    expect(harness.receipts).toMatchObject([{ bytes: 1_000, outcome: 'done' }])
  })

  it('says that the receiver wanted no more of what it had asked for', async () => {
    await using harness = await ContentHarness.start({ slots: 1 })
    const served = harness.publish('a.bin', SIZE)
    const asker = await harness.connect()
    const first = asker.open(served, harness.ticket(served))
    asker.request(first, 0, 0, 1)
    await asker.until(() => asker.count(first) === 1)
    const second = asker.open(served, harness.ticket(served))
    // Which waits for the slot that the first one keeps.
    asker.request(first, 0, 0, 1)
    asker.request(second, 0, 0, 1)
    asker.channel.send({ type: 'close', transfer: second })
    await asker.ping()
    expect(harness.receipts).toMatchObject([{ bytes: 0, outcome: 'aborted' }])
  })

  it('of one whose ticket ran out says so', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a.bin', SIZE)
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served, { age: 58_000 }))
    asker.request(transfer, 0, 0, 10)
    await asker.until(() => asker.count(transfer) === 10)
    await harness.clock.advance(8_000)
    await asker.until(() => asker.failure(transfer) === 'FORBIDDEN')
    expect(harness.receipts).toMatchObject([{ bytes: 10, outcome: { failed: 'FORBIDDEN' } }])
  })

  it('whose connection is gone says so, and one that we end says that', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a.bin', SIZE)
    const [gone, ended] = [await harness.connect(), await harness.connect()]
    for (const asker of [gone, ended]) {
      const transfer = asker.open(served, harness.ticket(served))
      asker.request(transfer, 0, 0, 10)
      await asker.until(() => asker.count(transfer) === 10)
      if (asker === gone) asker.channel.close('INTERNAL')
      await asker.ping().catch(() => {})
    }
    expect(await endOf(harness.uploads[0])).toBe('INTERNAL')
    expect(harness.receipts).toMatchObject([{ outcome: { failed: 'INTERNAL' } }])
    const closed = harness.server.close()
    await harness.clock.advance(2_000)
    await closed
    expect(harness.receipts.slice(1)).toMatchObject([{ bytes: 10, outcome: 'aborted' }])
  })
})
