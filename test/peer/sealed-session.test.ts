import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { generateKeyPair } from '../../src/channel/noise.js'
import { KnownServers } from '../../src/peer/known-servers.js'
import { failure } from '../channel/harness.js'
import { INDEX, SealedNetwork } from '../helpers/sealed-network.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-sealed-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('a sealed session', () => {
  it('does all that a peer can ask for', async () => {
    const n = new SealedNetwork()
    const hans = await n.join('hans')
    const yoda = await n.join('yoda')
    expect(await hans.ask({ type: 'publish', name: 'a.txt' })).toMatchObject({ created: true })
    expect(await hans.ask({ type: 'publish', name: 'a.txt' })).toMatchObject({ created: false })
    expect(await yoda.ask({ type: 'peers' })).toMatchObject({ items: [{ username: 'hans' }] })
    expect(await yoda.ask({ type: 'search', query: 'a' })).toMatchObject({ items: [{ name: 'a.txt' }] })
    expect(await yoda.ask({ type: 'locate', name: 'a.txt' })).toMatchObject({
      sources: [{ username: 'hans', host: hans.from.host, port: 6000 }],
    })
    expect(await hans.ask({ type: 'published' })).toMatchObject({ items: [{ name: 'a.txt' }] })
    expect(await hans.ask({ type: 'unpublish', name: 'a.txt' })).toMatchObject({ name: 'a.txt' })
    const again = await failure(hans.ask({ type: 'unpublish', name: 'a.txt' }))
    expect(again.code).toBe('NOT_PUBLISHED')
  })

  it('reads long lists page by page, none missing and none twice', async () => {
    const n = new SealedNetwork()
    const hans = await n.join('hans')
    const names = Array.from({ length: 250 }, (_, at) => `${'long name '.repeat(20)}${1000 + at}`)
    for (const name of names) await n.catalogue.publish({ username: 'hans', name, publishedAt: new Date(0) })
    const seen: string[] = []
    for (let after: string | undefined; ; after = seen.at(-1)) {
      const page = await hans.ask({ type: 'published', ...(after === undefined ? {} : { after }) })
      seen.push(...page.items.map(({ name }) => name))
      if (!page.more) break
    }
    expect(seen.join('\n')).toBe(names.join('\n'))
  })

  it('survives an index that is started anew, and what was asked meanwhile is answered', async () => {
    const n = new SealedNetwork()
    const hans = await n.join('hans')
    await hans.ask({ type: 'publish', name: 'a.txt' })
    await n.entrances.close()
    await n.pass(() => hans.story.includes('INDEX_UNREACHABLE'))
    const refused = await failure(hans.connection.request({ type: 'published' }))
    expect(refused).toMatchObject({ code: 'INDEX_UNREACHABLE', retryable: true })
    n.startIndex()
    await n.pass(() => hans.connection.state === 'online')
    expect(hans.story).toEqual(['online', 'INDEX_UNREACHABLE', 'online'])
    expect(await hans.ask({ type: 'published' })).toMatchObject({ items: [{ name: 'a.txt' }] })
  })

  it('survives 30 s of silence', async () => {
    const n = new SealedNetwork()
    const hans = await n.join('hans')
    n.network.tap = () => false
    await n.clock.advance(30_000)
    expect(hans.connection.state).toBe('offline')
    n.network.tap = () => true
    await n.pass(() => hans.connection.state === 'online', 40_000)
    expect(n.context.sessions.find('hans')).toBeDefined()
  })

  it('is back as soon as the index is heard again, however long that took', async () => {
    const n = new SealedNetwork()
    const hans = await n.join('hans')
    n.network.tap = () => false
    await n.clock.advance(600_000)
    let heardAt: number | undefined
    n.network.tap = ({ datagram, from }) => {
      if (datagram[0] === 0x85 && from.host === INDEX.host) heardAt ??= n.clock.monotonic()
      return true
    }
    await n.pass(() => hans.connection.state === 'online')
    expect(n.clock.monotonic() - (heardAt ?? 0)).toBeLessThan(200)
  })

  it('follows an index that has another address', async () => {
    const n = new SealedNetwork()
    const hans = await n.join('hans')
    await n.entrances.close()
    n.index = { host: '10.0.0.99', port: 5331 }
    n.startIndex()
    await n.pass(() => hans.story.at(-1) === 'online' && hans.story.length === 3)
    expect(await hans.ask({ type: 'peers' })).toMatchObject({ items: [] })
  })

  it('goes on when the peer changes its address, and others are sent to the new one', async () => {
    const n = new SealedNetwork()
    const hans = await n.join('hans')
    const yoda = await n.join('yoda')
    await hans.ask({ type: 'publish', name: 'a.txt' })
    hans.from = { host: '10.9.9.9', port: 1234 }
    await n.clock.advance(3000)
    expect(hans.story).toEqual(['online'])
    const { sources } = await yoda.ask({ type: 'locate', name: 'a.txt' })
    expect(sources).toEqual([{ username: 'hans', host: '10.9.9.9', port: 6000 }])
  })

  it('ends at once when the peer closes, and leaves no timer', async () => {
    const n = new SealedNetwork()
    const hans = await n.join('hans')
    const logouts: string[] = []
    n.events.on('logout', ({ reason }) => logouts.push(reason))
    await n.until(hans.connection.close())
    await n.clock.advance(100)
    expect(logouts).toEqual(['logged-out'])
    expect(n.context.sessions.size).toBe(0)
    await n.entrances.close()
    expect(n.clock.timers).toBe(0)
  })
})

describe('one user on several devices', () => {
  it('takes over the dead session of its own device at once', async () => {
    const n = new SealedNetwork()
    const dead = await n.join('hans', { device: 'laptop' })
    n.network.tap = ({ from }) => from !== dead.from
    const logouts: string[] = []
    n.events.on('logout', ({ reason }) => logouts.push(reason))
    const alive = await n.join('hans', { device: 'laptop' })
    expect(alive.story).toEqual(['online'])
    expect(logouts).toEqual(['replaced'])
  })

  it('refuses another device while one is active', async () => {
    const n = new SealedNetwork()
    const first = await n.join('hans', { device: 'laptop' })
    const second = n.peer('hans', { device: 'desktop' })
    const refused = await failure(n.until(second.connection.login()))
    expect(refused).toMatchObject({ code: 'ALREADY_ACTIVE', retryable: true })
    expect(first.story).toEqual(['online'])
    await n.until(first.connection.close())
    await n.until(second.connection.login())
  })

  it('two living programs with one device key do not throw out each other for ever', async () => {
    const n = new SealedNetwork()
    const first = await n.join('hans', { device: 'laptop' })
    const second = await n.join('hans', { device: 'laptop' })
    await n.clock.advance(20_000)
    expect(first.story).toEqual(['online', 'SESSION_REPLACED'])
    expect(first.connection.state).toBe('idle')
    expect(second.story).toEqual(['online'])
  })
})

describe('a session that the index ends', () => {
  it.each([
    ['account', 'AUTHENTICATION_FAILED'],
    ['disconnected', 'FORBIDDEN'],
  ] as const)(
    '%s: the peer learns why, though datagrams are lost, and does not come back',
    async (reason, code) => {
      const n = new SealedNetwork({ faults: { drop: 0.3, duplicate: 0.3, reorder: 0.3, delay: 0.3 } })
      const hans = await n.join('hans')
      const session = n.context.sessions.find('hans')
      if (session === undefined) throw new Error('no session')
      n.context.sessions.end(session)
      session.notify?.({ type: 'ended', reason })
      await n.pass(() => hans.story.length === 2, 1900)
      expect(hans.story).toEqual(['online', code])
      await n.clock.advance(60_000)
      expect(hans.story).toEqual(['online', code])
      expect(n.context.sessions.size).toBe(0)
    },
  )
})

describe('the key of the index', () => {
  it('is trusted on first use and held to from then on, before any password is sent', async () => {
    const asked: string[] = []
    const n = new SealedNetwork({
      authenticate: (username) => {
        asked.push(username)
        return true
      },
    })
    const knownServers = new KnownServers(folder)
    const hans = await n.join('hans', { knownServers })
    expect(await knownServers.find('index.example:5331')).toEqual(n.keyPair.publicKey)
    await n.until(hans.connection.close())
    await n.entrances.close()
    n.keyPair = generateKeyPair(n.random)
    n.startIndex()
    const fooled = n.peer('hans', { knownServers })
    const error = await failure(n.until(fooled.connection.login()))
    expect(error).toMatchObject({ code: 'SERVER_KEY_CHANGED', retryable: false })
    expect(error.message).toContain('bittrickle forget index.example:5331')
    expect(asked).toEqual(['hans'])
    await knownServers.forget('index.example:5331')
    await n.until(fooled.connection.login())
    expect(fooled.story).toEqual(['online'])
  })

  it('that the address names is the only one that is believed', async () => {
    const n = new SealedNetwork()
    const other = generateKeyPair(n.random).publicKey
    const fooled = n.peer('hans', { server: { key: other } })
    const error = await failure(n.until(fooled.connection.login()))
    expect(error.code).toBe('SERVER_KEY_CHANGED')
    const right = await n.join('hans', { server: { key: n.keyPair.publicKey } })
    expect(right.story).toEqual(['online'])
  })

  it('that changes while the peer is offline stops it, and loudly', async () => {
    const n = new SealedNetwork()
    const hans = await n.join('hans')
    await n.entrances.close()
    n.keyPair = generateKeyPair(n.random)
    n.startIndex()
    await n.pass(() => hans.story.includes('SERVER_KEY_CHANGED'))
    await n.clock.advance(60_000)
    expect(hans.story).toEqual(['online', 'INDEX_UNREACHABLE', 'SERVER_KEY_CHANGED'])
    expect(n.context.sessions.size).toBe(0)
  })
})
