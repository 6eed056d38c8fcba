import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { makeCertificate } from '../../../src/transfer/certificate.js'
import { MAX_CONNECTIONS, MAX_REFUSED_TICKETS } from '../../../src/transfer/limits.js'
import { TicketSigner } from '../../../src/transfer/ticket.js'
import { ContentHarness, endOf } from './content-harness.js'

describe('who has a ticket', () => {
  it('gets the hashes and the bytes of the content', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a.bin', 20_000_003)
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served))
    const count = served.content.pieces.length / 32
    asker.channel.send({ type: 'requestHashes', transfer, first: 0, count })
    asker.requestAll(transfer)
    await asker.until(() => asker.count(transfer) === served.bytes.length)
    expect(asker.received(transfer).equals(served.bytes)).toBe(true)
    expect(asker.of(transfer)).toEqual([
      { type: 'opened', transfer, size: served.bytes.length },
      { type: 'haveAll', transfer },
      { type: 'hashes', transfer, first: 0, hashes: served.content.pieces },
    ])
    const [upload] = harness.uploads
    expect(await endOf(upload)).toBe('done')
    expect(upload).toMatchObject({
      name: 'a.bin',
      receiver: { username: 'hans', host: '127.0.0.1', port: expect.any(Number) },
      progress: { transferred: served.bytes.length, size: served.bytes.length },
    })
    expect(served.openFiles).toBe(0)
    expect(harness.warnings).toEqual([])
  })

  it('gets a content of no bytes without asking', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('empty', 0)
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served))
    await asker.until(() => asker.of(transfer).length > 0)
    await asker.ping()
    expect(asker.of(transfer)).toEqual([{ type: 'opened', transfer, size: 0 }])
  })

  it('gets many small contents at once on one connection, though there are few slots', async () => {
    await using harness = await ContentHarness.start()
    const all = Array.from({ length: 200 }, (_, index) => harness.publish(`${index}`, 16_384 + index))
    const asker = await harness.connect()
    const transfers = all.map((served) => {
      const transfer = asker.open(served, harness.ticket(served))
      asker.requestAll(transfer)
      return transfer
    })
    await asker.until(() => transfers.every((number, at) => asker.count(number) === all[at]?.bytes.length))
    expect(transfers.every((number, at) => all[at]?.bytes.equals(asker.received(number)))).toBe(true)
    expect(new Set(await Promise.all(harness.uploads.map(endOf)))).toEqual(new Set(['done']))
    expect(all.every(({ openFiles }) => openFiles === 0)).toBe(true)
  })

  it('hears no more of what it has taken back', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    let open = (): void => {}
    served.gate = new Promise((resolve) => (open = resolve))
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served))
    await asker.until(() => asker.of(transfer).length === 2)
    const [first, second] = [0, 1].map((piece) => asker.request(transfer, piece, 0, 100_000))
    asker.request(transfer, 2, 0, 1000)
    await asker.ping()
    for (const request of [first, second]) {
      asker.channel.send({ type: 'cancel', transfer, request: request as number })
    }
    await asker.ping()
    open()
    await asker.until(() => asker.count(transfer) > 0)
    await asker.ping()
    expect(asker.count(transfer)).toBe(1000)
    asker.channel.send({ type: 'close', transfer })
    expect(await endOf(harness.uploads[0])).toBe('done')
    expect(served.openFiles).toBe(0)
  })

  it('is not served faster than the peer wants', async () => {
    await using harness = await ContentHarness.start({ rate: 800_000 })
    const served = harness.publish('a', 300_000)
    const asker = await harness.connect()
    const startedAt = performance.now()
    const transfer = asker.open(served, harness.ticket(served))
    asker.requestAll(transfer)
    await asker.until(() => asker.count(transfer) === 300_000)
    // One part may be in the bucket already.
    expect(performance.now() - startedAt).toBeGreaterThan(150)
    expect(asker.received(transfer).equals(served.bytes)).toBe(true)
  })
})

describe('who has no ticket for it', () => {
  const other = new TicketSigner(randomBytes(32))
  it.each<[string, object]>([
    ['of another certificate', { fingerprint: 'A'.repeat(43) }],
    ['for another content', { root: 'A'.repeat(43) }],
    ['for another size', { size: 99_999 }],
    ['of another index', { by: other }],
    ['that ran out', { age: 65_001 }],
  ])('gets not one byte: a ticket %s', async (_what, claims) => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 100_000)
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served, claims))
    asker.channel.send({ type: 'requestHashes', transfer, first: 0, count: 1 })
    asker.requestAll(transfer)
    await asker.until(() => asker.failure(transfer) !== undefined)
    await asker.ping()
    expect(asker.failure(transfer)).toBe('FORBIDDEN')
    expect(asker.of(transfer)).toHaveLength(1)
    expect(asker.count(transfer)).toBe(0)
    expect(served.reads).toEqual([])
    expect(harness.uploads).toEqual([])
  })

  it.each<[string, (parts: string[]) => string]>([
    ['with another user in it', ([header, claims, signature]) => join(header, altered(claims), signature)],
    ['with the algorithm "none"', ([, claims]) => join(encode({ alg: 'none', typ: 'JWT' }), claims, '')],
    ['with the public key as a shared secret', ([, claims]) => hmac(claims)],
    ['without a signature', ([header, claims]) => join(header, claims, '')],
    ['with the signature of another', ([header, claims]) => join(header, claims, 'A'.repeat(86))],
  ])('gets not one byte: a forged ticket, %s', async (_what, forge) => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 100_000)
    const asker = await harness.connect()
    const transfer = asker.open(served, forge(harness.ticket(served).split('.')))
    asker.channel.send({ type: 'requestHashes', transfer, first: 0, count: 1 })
    asker.requestAll(transfer)
    await asker.until(() => asker.failure(transfer) !== undefined)
    await asker.ping()
    expect(asker.failure(transfer)).toBe('FORBIDDEN')
    expect(asker.of(transfer)).toHaveLength(1)
    expect(served.reads).toEqual([])
    expect(harness.uploads).toEqual([])
  })

  it('gets nothing with the ticket of another user, though it is for this content', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 100_000)
    const other = await makeCertificate()
    const theirs = harness.ticket(served, { username: 'hilde', fingerprint: other.fingerprint })
    const asker = await harness.connect()
    const transfer = asker.open(served, theirs)
    asker.requestAll(transfer)
    await asker.until(() => asker.failure(transfer) === 'FORBIDDEN')
    expect(served.reads).toEqual([])
    // Who has the certificate gets it.
    const hilde = await harness.connect(other)
    hilde.requestAll(hilde.open(served, theirs))
    await hilde.until(() => hilde.count(1) === 100_000)
    expect(harness.uploads[0]?.receiver.username).toBe('hilde')
  })

  it('gets nothing with the ticket of another peer, whose certificate it does not have', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 100_000)
    const thief = await harness.connect(await makeCertificate())
    const transfer = thief.open(served, harness.ticket(served))
    thief.requestAll(transfer)
    await thief.until(() => thief.failure(transfer) === 'FORBIDDEN')
    expect(served.reads).toEqual([])
  })

  it('gets nothing while the peer is not logged in, and nothing that is not published', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 1000)
    const asker = await harness.connect()
    const gone = asker.open(served, harness.ticket(served))
    harness.contents.length = 0
    await asker.until(() => asker.failure(gone) === 'NOT_FOUND')
    harness.isLoggedIn = false
    const offline = asker.open(served, harness.ticket(served))
    await asker.until(() => asker.failure(offline) === 'FORBIDDEN')
  })

  it('is sent away when it tries too often', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 1000)
    const asker = await harness.connect()
    for (let tries = 0; tries <= MAX_REFUSED_TICKETS; tries++) {
      const transfer = asker.open(served, 'a.b.c')
      await asker.until(() => asker.failure(transfer) !== undefined || asker.channel.closed !== undefined)
    }
    expect(await asker.closed).toMatchObject({ code: 'RATE_LIMITED' })
  })
})

describe('a ticket that the index takes back', () => {
  it('ends the transfer within a second, with all that was asked', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served))
    asker.request(transfer, 0, 0, 1000)
    await asker.until(() => asker.count(transfer) === 1000)
    const expires = Math.floor((harness.clock.now() + 60_000) / 1000)
    harness.revoked.add(['yoda'], expires, harness.clock.now())
    asker.request(transfer, 0, 1000, 1000)
    await asker.until(() => asker.count(transfer) === 2000)
    harness.revoked.add(['hans'], expires, harness.clock.now())
    await harness.clock.advance(1_000)
    await asker.until(() => asker.failure(transfer) === 'FORBIDDEN')
    expect(await endOf(harness.uploads[0])).toBe('FORBIDDEN')
    expect(served.openFiles).toBe(0)
  })

  it('stops the next answer at once, and opens nothing more until there is a new one', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served))
    asker.request(transfer, 0, 0, 1000)
    await asker.until(() => asker.count(transfer) === 1000)
    const expires = Math.floor((harness.clock.now() + 60_000) / 1000)
    harness.revoked.add(['hans'], expires, harness.clock.now())
    asker.request(transfer, 0, 1000, 1000)
    await asker.until(() => asker.failure(transfer) === 'FORBIDDEN')
    expect(asker.count(transfer)).toBe(1000)
    const again = asker.open(served, harness.ticket(served))
    await asker.until(() => asker.failure(again) === 'FORBIDDEN')
    await harness.clock.advance(1_000)
    const anew = asker.open(served, harness.ticket(served))
    asker.request(anew, 0, 0, 1000)
    await asker.until(() => asker.count(anew) === 1000)
  })
})

describe('a ticket that runs out', () => {
  it('ends the transfer, with all that was asked', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served, { age: 55_000 }))
    asker.request(transfer, 0, 0, 1000)
    await asker.until(() => asker.count(transfer) === 1000)
    await harness.clock.advance(9_000)
    asker.request(transfer, 0, 1000, 1000)
    await asker.until(() => asker.count(transfer) === 2000)
    await harness.clock.advance(1_000)
    await asker.until(() => asker.failure(transfer) === 'FORBIDDEN')
    expect(await endOf(harness.uploads[0])).toBe('FORBIDDEN')
    expect(served.openFiles).toBe(0)
  })

  it('stops what is being sent', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    let open = (): void => {}
    served.gate = new Promise((resolve) => (open = resolve))
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served, { age: 55_000 }))
    await asker.until(() => asker.of(transfer).length === 2)
    asker.requestAll(transfer)
    await asker.ping()
    expect(served.reads).toHaveLength(1)
    await harness.clock.advance(10_000)
    open()
    await asker.until(() => asker.failure(transfer) === 'FORBIDDEN')
    expect(asker.count(transfer)).toBe(0)
  })

  it('stops the next answer at once', async () => {
    await using harness = await ContentHarness.start()
    // It is looked for tickets that ran out at half past each second, and this one runs out in between.
    await harness.clock.advance(500)
    const served = harness.publish('a', 400_000)
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served, { age: 64_500 }))
    asker.request(transfer, 0, 0, 1000)
    await asker.until(() => asker.count(transfer) === 1000)
    await harness.clock.advance(500)
    asker.request(transfer, 0, 1000, 1000)
    await asker.until(() => asker.failure(transfer) === 'FORBIDDEN')
    expect(asker.count(transfer)).toBe(1000)
  })

  it('is followed by another one in time', async () => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served, { age: 55_000 }))
    asker.request(transfer, 0, 0, 1000)
    await asker.until(() => asker.count(transfer) === 1000)
    asker.channel.send({ type: 'renew', transfer, ticket: harness.ticket(served) })
    await asker.ping()
    await harness.clock.advance(20_000)
    asker.request(transfer, 0, 1000, 1000)
    await asker.until(() => asker.count(transfer) === 2000)
    expect(asker.failure(transfer)).toBeUndefined()
  })

  it.each<[string, object]>([
    ['another user', { username: 'hilde' }],
    ['another certificate', { fingerprint: 'A'.repeat(43) }],
  ])('is not followed by one of %s', async (_what, claims) => {
    await using harness = await ContentHarness.start()
    const served = harness.publish('a', 400_000)
    const asker = await harness.connect()
    const transfer = asker.open(served, harness.ticket(served))
    asker.request(transfer, 0, 0, 1000)
    await asker.until(() => asker.count(transfer) === 1000)
    asker.channel.send({ type: 'renew', transfer, ticket: harness.ticket(served, claims) })
    await asker.until(() => asker.failure(transfer) === 'FORBIDDEN')
    expect(await endOf(harness.uploads[0])).toBe('FORBIDDEN')
  })
})

describe('the life of a content server', () => {
  it('ends with a goodbye to all, and leaves nothing', async () => {
    await using harness = await ContentHarness.start({ slots: 1 })
    const served = harness.publish('a', 400_000)
    const [running, waiting, silent] = await Promise.all([1, 2, 3].map(() => harness.connect()))
    for (const asker of [running, waiting]) {
      const transfer = asker?.open(served, harness.ticket(served)) ?? 0
      asker?.request(transfer, 0, 0, 1000)
      await asker?.until(() => asker.count(transfer) === 1000 || asker.places(transfer).length > 0)
    }
    const stranger = connect({ host: '127.0.0.1', port: harness.port })
    stranger.on('error', () => {})
    await once(stranger, 'connect')
    await silent?.ping()
    const gone = once(stranger, 'close')
    await Promise.all([harness.server.close(), harness.server.close()])
    await gone
    for (const asker of [running, waiting, silent])
      expect(await asker?.closed).toMatchObject({ code: 'CLOSED' })
    expect(await Promise.all(harness.uploads.map(endOf))).toEqual(['CLOSED', 'CLOSED'])
    expect(served.openFiles).toBe(0)
    expect(harness.clock.timers).toBe(0)
  })

  it('turns connections away when there are too many', async () => {
    await using harness = await ContentHarness.start()
    const address = { host: '127.0.0.1', port: harness.port }
    const sockets = Array.from({ length: MAX_CONNECTIONS }, () => connect(address))
    for (const socket of sockets) socket.on('error', () => {})
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    const oneMore = connect(address)
    oneMore.on('error', () => {})
    await once(oneMore, 'close')
    expect(harness.warnings[0]?.message).toContain(`${MAX_CONNECTIONS} are open`)
    for (const socket of sockets) socket.destroy()
  })

  it('ends a connection that nobody uses', async () => {
    await using harness = await ContentHarness.start()
    const asker = harness.connectInMemory()
    await harness.clock.advance(59_000)
    expect(asker.channel.closed).toBeUndefined()
    await harness.clock.advance(1_000)
    await asker.closed
    expect(asker.channel.hasGoneWell).toBe(true)
  })
})

const join = (...parts: readonly (string | undefined)[]): string => parts.join('.')
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const altered = (claims = ''): string =>
  encode({ ...JSON.parse(Buffer.from(claims, 'base64url').toString()), sub: 'vader' })

function hmac(claims = ''): string {
  const signed = join(encode({ alg: 'HS256', typ: 'JWT' }), claims)
  const key = Buffer.from(ContentHarness.ticketKey, 'base64url')
  return join(signed, createHmac('sha256', key).update(signed).digest('base64url'))
}
