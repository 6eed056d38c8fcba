import { fstatSync } from 'node:fs'
import { mkdtemp, open, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isSameStamp, stampOf } from '../../../src/content/file-stamp.js'
import { BitTrickleError } from '../../../src/errors.js'
import type { ServedContent } from '../../../src/peer/upload/content-source.js'
import { MAX_REQUESTS, MAX_TRANSFERS } from '../../../src/transfer/limits.js'
import type { Asker } from './asker.js'
import { ContentHarness, endOf } from './content-harness.js'
import { MemoryContent } from './memory-content.js'

describe('a file that changes', () => {
  it.each<[string, (served: MemoryContent) => void]>([
    ['has another stamp', (served) => (served.isChanged = true)],
    ['is shorter', (served) => (served.length = 0)],
  ])('before the first byte: not one is sent when it %s', async (_what, change) => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 100_000)
    change(served)
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served))
    asker.requestAll(transfer)
    await asker.until(() => asker.failure(transfer) === 'FILE_CHANGED')
    expect(asker.count(transfer)).toBe(0)
    expect(harness.changed).toEqual([served])
    expect(harness.warnings[0]?.message).toBe('"a" is published but cannot be served.')
    expect(await endOf(harness.uploads[0])).toBe('FILE_CHANGED')
    expect(served.openFiles).toBe(0)
  })

  it('while a part is read: that part is not sent', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served))
    asker.request(transfer, 0, 0, 60_000)
    await asker.until(() => asker.count(transfer) === 60_000)
    let go = (): void => {}
    served.gate = new Promise((resolve) => (go = resolve))
    asker.request(transfer, 1, 0, 60_000)
    await asker.ping()
    served.isChanged = true
    go()
    await asker.until(() => asker.failure(transfer) === 'FILE_CHANGED')
    expect(asker.count(transfer)).toBe(60_000)
    expect(harness.changed).toEqual([served])
  })

  it.each<[string, (path: string) => Promise<void>]>([
    ['is written to', (path) => writeFile(path, 'other bytes of the same...')],
    ['shrinks', (path) => truncate(path, 70_000)],
    ['is touched', (path) => utimes(path, 1, 1)],
  ])('on the disk: what %s is not served any longer', async (_what, change) => {
    await using harness = await ContentHarness.start()
    const folder = await mkdtemp(join(tmpdir(), 'upload-'))
    const path = join(folder, 'file')
    const memory = new MemoryContent('file', Buffer.alloc(400_000, 'bytes'))
    await writeFile(path, memory.bytes)
    const stamp = stampOf(await stat(path, { bigint: true }))
    const served: ServedContent = {
      name: 'file',
      content: memory.content,
      open: () => open(path),
      isUnchanged: ({ fd }) => isSameStamp(stamp, stampOf(fstatSync(fd, { bigint: true }))),
    }
    harness.contents.push(served)
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served))
    asker.request(transfer, 0, 0, 60_000)
    await asker.until(() => asker.count(transfer) === 60_000)
    await change(path)
    asker.request(transfer, 1, 0, 60_000)
    await asker.until(() => asker.failure(transfer) === 'FILE_CHANGED')
    expect(asker.count(transfer)).toBe(60_000)
    expect(harness.changed).toEqual([served])
    await rm(folder, { recursive: true })
  })

  it.each<[string, unknown, string, number]>([
    ['is gone', new BitTrickleError('NOT_FOUND', 'Gone.'), 'NOT_FOUND', 1],
    ['cannot be read', Object.assign(new Error('EIO /secret'), { code: 'EIO' }), 'FILE_UNREADABLE', 0],
  ])('is told to the owner when it %s', async (_what, error, code, changes) => {
    await using harness = await ContentHarness.start()
    const { content } = new MemoryContent('a', Buffer.alloc(1000))
    const served: ServedContent = {
      name: 'a',
      content,
      open: () => Promise.reject(error),
      isUnchanged: () => true,
    }
    harness.contents.push(served)
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served))
    asker.requestAll(transfer)
    await asker.until(() => asker.failure(transfer) === code)
    expect(JSON.stringify(asker.frames)).not.toContain('secret')
    expect(harness.changed).toHaveLength(changes)
    expect(harness.warnings).toHaveLength(1)
  })
})

describe('a receiver that breaks the rules', () => {
  const many = (asker: Asker, transfer: number): void => {
    for (let count = 0; count <= MAX_REQUESTS; count++) asker.request(transfer, 0, 0, 1)
  }
  it.each<[string, (asker: Asker, transfer: number) => void]>([
    ['too many requests', many],
    ['a request behind the end', (asker, transfer) => asker.request(transfer, 3, 6_784, 1)],
    ['a request across the end of a piece', (asker, transfer) => asker.request(transfer, 0, 131_000, 100)],
    ['a piece behind the last', (asker, transfer) => asker.request(transfer, 4, 0, 1)],
    [
      'hashes behind the last',
      ({ channel }, transfer) => channel.send({ type: 'requestHashes', transfer, first: 3, count: 2 }),
    ],
    [
      'a request number twice',
      ({ channel }, transfer) => {
        const request = { type: 'request', transfer, request: 1, piece: 0, offset: 0, length: 1 } as const
        channel.send(request, request)
      },
    ],
    ['a transfer number twice', ({ channel }, transfer) => channel.send(openFrame(transfer))],
    ['a transfer never opened', ({ channel }) => channel.send({ type: 'close', transfer: 9 })],
    ['cancel of nothing', ({ channel }, transfer) => channel.send({ type: 'cancel', transfer, request: 9 })],
    ['what a source says', ({ channel }, transfer) => channel.send({ type: 'haveAll', transfer })],
    ['data', ({ channel }) => void channel.sendData(Buffer.from(DATA, 'hex')).catch(() => {})],
    ['garbage', ({ channel }) => void channel.sendData(Buffer.alloc(100, 0xee)).catch(() => {})],
  ])('is sent away: %s', async (_what, offend) => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    let open = (): void => {}
    served.gate = new Promise((resolve) => (open = resolve))
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served))
    await asker.until(() => asker.of(transfer).length === 2)
    offend(asker, transfer)
    expect(await asker.closed).toMatchObject({ code: 'PROTOCOL_ERROR' })
    open()
    expect(asker.count(transfer)).toBe(0)
    expect(harness.warnings).toMatchObject([{ cause: { code: 'PROTOCOL_ERROR' } }])
    expect(served.openFiles).toBe(0)
  })

  it('is sent away also when it asks before the ticket is checked', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    const asker = await harness.connect()
    asker.request(asker.open(served, harness.ticket(served)), 4, 0, 1)
    expect(await asker.closed).toMatchObject({ code: 'PROTOCOL_ERROR' })
  })

  it('is refused a transfer when it has too many', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    const asker = await harness.connect()
    const ticket = harness.ticket(served)
    for (let count = 0; count < MAX_TRANSFERS; count++) asker.open(served, ticket)
    const last = asker.open(served, ticket)
    await asker.until(() => asker.failure(last) === 'UPLOADS_FULL')
    expect(asker.failure(1)).toBeUndefined()
    asker.channel.send({ type: 'close', transfer: 1 })
    const next = asker.open(served, ticket)
    asker.requestAll(next)
    await asker.until(() => asker.count(next) === 400_000)
  })

  it('is no offender for what the other end cannot have told it yet', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 1000)
    const asker = await harness.connect()
    const transfer = asker.open(served, 'a.b.c')
    asker.request(transfer, 0, 0, 1)
    asker.channel.send(
      { type: 'requestHashes', transfer, first: 0, count: 1 },
      { type: 'cancel', transfer, request: 1 },
      { type: 'renew', transfer, ticket: 'a.b.c' },
      { type: 'close', transfer },
    )
    await asker.ping()
    expect(asker.channel.closed).toBeUndefined()
  })
})

const DATA = '00000015 25 00000001 00000007 00000003 00010000 63616665'.replaceAll(' ', '')
const openFrame = (transfer: number) =>
  ({ type: 'open', transfer, root: Buffer.alloc(32), ticket: 'a.b.c' }) as const

describe('what is asked on one connection', () => {
  it('counts no more when its transfer is closed', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    let open = (): void => {}
    served.gate = new Promise((resolve) => (open = resolve))
    const asker = await harness.connect()
    for (const transfer of [1, 2]) {
      asker.open(served, harness.ticket(served))
      await asker.until(() => asker.of(transfer).length === 2)
      for (let count = 0; count < MAX_REQUESTS; count++) asker.request(transfer, 0, 0, 1)
      if (transfer === 1) asker.channel.send({ type: 'close', transfer })
    }
    open()
    await asker.until(() => asker.count(2) === MAX_REQUESTS)
    expect(asker.count(1)).toBe(0)
  })

  it('is answered in the order in which it was asked, over all transfers', async () => {
    await using harness = await ContentHarness.start()
    const [one, two] = [harness.publish('1', 400_000), harness.publish('2', 400_000)]
    const asker = await harness.connect()
    const transfers = [one, two].map((served) => asker.open(served, harness.ticket(served))) as [
      number,
      number,
    ]
    const order: number[] = []
    const note = (served: MemoryContent, id: number): void => {
      const { reads } = served
      const push = reads.push.bind(reads)
      reads.push = (position: number) => {
        order.push(id)
        return push(position)
      }
    }
    note(one, 1)
    note(two, 2)
    for (const transfer of transfers) await asker.until(() => asker.of(transfer).length === 2)
    for (const id of [1, 2, 2, 1, 2, 1, 1]) asker.request(transfers[id - 1] ?? 0, 0, 0, 1000)
    await asker.until(() => asker.count(transfers[0]) === 4000 && asker.count(transfers[1]) === 3000)
    expect(order).toEqual([1, 2, 2, 1, 2, 1, 1])
  })

  it('may come again after all bytes were sent, as another upload', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 1000)
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served))
    asker.requestAll(transfer)
    await asker.until(() => asker.count(transfer) === 1000)
    expect(await endOf(harness.uploads[0])).toBe('done')
    asker.requestAll(transfer)
    await asker.until(() => asker.count(transfer) === 2000)
    expect(await endOf(harness.uploads[1])).toBe('done')
    expect(harness.uploads).toHaveLength(2)
  })
})
