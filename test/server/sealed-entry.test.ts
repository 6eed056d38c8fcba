import { describe, expect, it } from 'vitest'
import { ChannelClient } from '../../src/channel/channel-client.js'
import type { Address } from '../../src/channel/datagram-socket.js'
import { generateKeyPair } from '../../src/channel/noise.js'
import type { LimitedEvent, WarningEvent } from '../../src/server/events.js'
import { TicketSigner } from '../../src/transfer/ticket.js'
import { failure } from '../channel/harness.js'
import { INDEX, SealedNetwork } from '../helpers/sealed-network.js'
import { INDEX_SECRET } from './index-harness.js'

const STRANGER: Address = { host: '10.66.0.1', port: 666 }

/** An open channel with no session, which says what it is told to. */
async function strange(
  n: SealedNetwork,
  from = STRANGER,
): Promise<{ readonly say: (text: string) => Promise<string>; readonly close: () => void }> {
  const socket = n.network.socket(from)
  const client = new ChannelClient({
    keyPair: generateKeyPair(n.random),
    server: INDEX,
    clock: n.clock,
    random: n.random,
    send: (datagram, to) => socket.send(datagram, to),
  })
  socket.receive({ message: (datagram, source) => client.handle(datagram, source), error: () => {} })
  await n.until(client.connect())
  return {
    say: async (text) => (await n.until(client.request(Buffer.from(text)))).toString(),
    close: () => client.close(),
  }
}

describe('a channel without a session', () => {
  it.each(['logout', 'heartbeat', 'peers', 'published'])('may not ask %s', async (type) => {
    const { say } = await strange(new SealedNetwork())
    expect(JSON.parse(await say(JSON.stringify({ type })))).toMatchObject({ type: 'failure', status: 440 })
  })

  it('is told what is wrong with what it says, and the index goes on', async () => {
    const n = new SealedNetwork()
    const warnings: WarningEvent[] = []
    n.events.on('warning', (warning) => warnings.push(warning))
    const { say } = await strange(n)
    const statuses: unknown[] = []
    for (const text of [
      '',
      '[]',
      '{"type":7}',
      '{"type":"login"}',
      '{"type":"__proto__"}',
      '{"type":"teleport"}',
    ]) {
      statuses.push(JSON.parse(await say(text)).status)
    }
    expect(statuses).toEqual([400, 400, 400, 400, 501, 501])
    expect(warnings).toHaveLength(6)
    expect(warnings[0]).toMatchObject({ address: STRANGER })
    expect((await n.join('hans')).story).toEqual(['online'])
  })

  it('that offers only newer versions of the messages is told which there are', async () => {
    const { say } = await strange(new SealedNetwork())
    const login = { type: 'login', username: 'hans', password: 'falcon*solo', tcpPort: 1, versions: [2, 3] }
    expect(JSON.parse(await say(JSON.stringify(login)))).toMatchObject({ status: 505 })
    const newer = { ...login, versions: [2, 1], colour: 'blue' }
    expect(JSON.parse(await say(JSON.stringify(newer)))).toMatchObject({ type: 'login', version: 1 })
  })
})

it('a channel that is closed without a word ends its session', async () => {
  const n = new SealedNetwork()
  const { say, close } = await strange(n)
  const ended: string[] = []
  n.events.on('logout', ({ username, reason }) => ended.push(`${username} ${reason}`))
  await say('{"type":"login","username":"hans","password":"falcon*solo","tcpPort":1}')
  expect(n.context.sessions.size).toBe(1)
  close()
  await n.clock.advance(10)
  expect(n.context.sessions.size).toBe(0)
  expect(ended).toEqual(['hans logged-out'])
})

describe("another user's session", () => {
  it('is out of reach of a channel', async () => {
    const n = new SealedNetwork()
    const hans = await n.join('hans')
    const yoda = await n.join('yoda')
    await hans.ask({ type: 'publish', name: 'mine' })
    expect((await failure(yoda.ask({ type: 'unpublish', name: 'mine' }))).code).toBe('NOT_PUBLISHED')
    await yoda.ask({ type: 'logout' })
    expect(n.context.sessions.find('hans')).toBeDefined()
    expect(await hans.ask({ type: 'published' })).toMatchObject({ items: [{ name: 'mine' }] })
  })

  it('is out of reach of plain text that claims to come from its address', async () => {
    const n = new SealedNetwork()
    const { ClassicEntry } = await import('../../src/server/classic-entry.js')
    const answers: string[] = []
    const classic = new ClassicEntry({
      context: n.context,
      allowRemote: true,
      send: (datagram) => answers.push(Buffer.from(datagram).toString()),
    })
    const hans = await n.join('hans')
    await hans.ask({ type: 'publish', name: 'mine' })
    classic.handle(Buffer.from('unp hans mine'), hans.from)
    classic.handle(Buffer.from('login hans falcon*solo 6000'), hans.from)
    await n.clock.advance(10)
    expect(answers[0]).toContain('[NOT_LOGGED_IN]')
    expect(answers[1]).toContain('[ALREADY_ACTIVE]')
    expect(n.catalogue.has('hans', 'mine')).toBe(true)
  })
})

it('a channel that logs in as another user gives up the session it had', async () => {
  const n = new SealedNetwork()
  const ended: string[] = []
  n.events.on('logout', ({ username, reason }) => ended.push(`${username} ${reason}`))
  const hans = await n.join('hans')
  await hans.ask({ type: 'login', username: 'yoda', password: 'wise@!man', tcpPort: 7000 })
  expect(ended).toEqual(['hans replaced'])
  expect([...n.context.sessions.list()].map(({ username }) => username)).toEqual(['yoda'])
})

describe('a session', () => {
  const login = { type: 'login', username: 'hans', password: 'falcon*solo', tcpPort: 6000 } as const
  const fingerprint = 'F'.repeat(42).concat('A')

  it('has the fingerprint of the last login, and is told what tickets are verified with', async () => {
    const n = new SealedNetwork()
    const hans = await n.join('hans')
    const first = n.context.sessions.find('hans')
    expect(first).not.toHaveProperty('fingerprint')
    const { ticketKey } = await hans.ask({ ...login, fingerprint })
    expect(ticketKey).toBe(new TicketSigner(INDEX_SECRET).publicKey)
    const second = n.context.sessions.find('hans')
    expect(second).not.toBe(first)
    expect(second).toMatchObject({ fingerprint })
    // Asked again because the answer was lost.
    await hans.ask({ ...login, fingerprint })
    expect(n.context.sessions.find('hans')).toBe(second)
  })

  it('publishes a content, changes it, and reads it back', async () => {
    const n = new SealedNetwork()
    const hans = await n.join('hans')
    const content = { root: fingerprint, size: 7 }
    expect(await hans.ask({ type: 'publish', name: 'a', ...content })).toMatchObject({ created: true })
    await hans.ask({ type: 'publish', name: 'b' })
    const items = [{ name: 'a', ...content }, { name: 'b' }]
    expect(await hans.ask({ type: 'published' })).toMatchObject({ items })
    const changed = { root: fingerprint, size: 8 }
    expect(await hans.ask({ type: 'publish', name: 'a', ...changed })).toMatchObject({ created: false })
    expect(await hans.ask({ type: 'published' })).toMatchObject({
      items: [{ name: 'a', ...changed }, items[1]],
    })
  })

  it('is told when an answer does not fit a datagram', async () => {
    const n = new SealedNetwork()
    const hans = await n.join('hans')
    const entry = { username: 'hans', name: 'x'.repeat(2000), publishedAt: new Date(0) }
    n.catalogue.publishedBy = () => [entry]
    expect((await failure(hans.ask({ type: 'published' }))).code).toBe('MESSAGE_TOO_LARGE')
  })
})

describe('who asks too much', () => {
  it('is told how long to wait, and may go on then', async () => {
    const n = new SealedNetwork({ limits: { requestsPerSecond: 5 } })
    const limited: LimitedEvent[] = []
    n.events.on('limited', (event) => limited.push(event))
    const hans = await n.join('hans')
    for (let asked = 1; asked < 20; asked++) await hans.ask({ type: 'heartbeat' })
    const asking = Array.from({ length: 5 }, () => failure(hans.connection.request({ type: 'peers' })))
    const refused = await n.until(Promise.all(asking))
    expect(refused[4]).toMatchObject({ code: 'RATE_LIMITED', retryable: true })
    const { retryAfter } = refused[4] as unknown as { retryAfter: number }
    expect(retryAfter).toBeGreaterThan(0)
    expect(limited.at(-1)).toMatchObject({ what: 'requests', username: 'hans', address: hans.from })
    await n.clock.advance(retryAfter + 1000)
    await hans.ask({ type: 'peers' })
  })

  it('guesses passwords ever more slowly, from whichever address', async () => {
    const n = new SealedNetwork()
    const limited: LimitedEvent[] = []
    n.events.on('limited', (event) => limited.push(event))
    const codes: (string | undefined)[] = []
    for (let guess = 0; guess < 20; guess++) {
      const guesser = n.peer('hans', { password: `guess${guess}` })
      codes.push((await failure(n.until(guesser.connection.login()))).code)
      await guesser.connection.close()
    }
    expect(codes.slice(0, 4)).toEqual(Array(4).fill('AUTHENTICATION_FAILED'))
    expect(codes.at(-1)).toBe('RATE_LIMITED')
    expect(limited[0]).toMatchObject({ what: 'logins', username: 'hans' })
    expect(n.context.sessions.size).toBe(0)
  })

  it('makes handshakes from one address only so often', async () => {
    const n = new SealedNetwork({ limits: { handshakesPerSecond: 1 } })
    const limited: LimitedEvent[] = []
    n.events.on('limited', (event) => limited.push(event))
    const peers = Array.from({ length: 8 }, (_, at) =>
      n.peer('hans', { from: { host: '10.5.5.5', port: 1000 + at } }),
    )
    const logins = peers.map(({ connection }) => connection.login().catch((error: Error) => error))
    await n.clock.advance(300)
    expect(limited.length).toBeGreaterThan(0)
    expect(limited[0]).toMatchObject({ what: 'handshakes', address: { host: '10.5.5.5' } })
    expect(n.entrances.channels).toBe(5)
    await n.until(Promise.all(logins))
  })
})
