import { describe, expect, it } from 'vitest'
import { accountsFrom } from '../../src/server/accounts/accounts.js'
import { ClassicHarness } from './classic-harness.js'

const HANS = 40_001
const YODA = 40_003

describe('liveness', () => {
  it('counts a peer as active while it was heard within 3 s, and looks only when asked', async () => {
    const harness = new ClassicHarness()
    const expired: string[] = []
    harness.events.on('expired', ({ username }) => expired.push(username))
    await harness.login('hans', HANS)
    await harness.login('yoda', YODA)
    await harness.send('pub hans a', HANS)

    await harness.clock.advance(3000)
    expect(await harness.send('heartbeat yoda', YODA)).toBeUndefined()
    expect(await harness.send('sch yoda a', YODA)).toBe('1 file found:\na')
    expect(expired).toEqual([])

    await harness.clock.advance(1)
    expect(expired).toEqual([])
    expect(await harness.send('sch yoda a', YODA)).toBe('No files found')
    expect(expired).toEqual(['hans'])
    expect(await harness.send('get yoda a', YODA)).toContain('[NOT_FOUND]')
    expect(await harness.send('lap yoda', YODA)).toBe('No active peers')
    expect(await harness.send('lpf hans', HANS)).toContain('[NOT_LOGGED_IN]')
  })

  it('keeps publications for the next session of their owner', async () => {
    const harness = new ClassicHarness()
    await harness.login('hans', HANS)
    await harness.send('pub hans a', HANS)
    await harness.clock.advance(10_000)
    await harness.login('yoda', YODA)
    await harness.login('hans', 40_011)
    expect(await harness.send('lpf hans', 40_011)).toBe('1 file published:\na')
    expect(await harness.send('get yoda a', YODA)).toBe('200 127.0.0.1 40012')
  })

  it('counts a login asked again as a sign of life', async () => {
    const harness = new ClassicHarness()
    await harness.login('hans', HANS)
    await harness.clock.advance(2000)
    await harness.login('hans', HANS)
    await harness.clock.advance(2000)
    expect(await harness.send('lap hans', HANS)).toBe('No active peers')
  })

  it('lives on for as long as heartbeats come, and a stranger cannot send them', async () => {
    const harness = new ClassicHarness()
    await harness.login('hans', HANS)
    await harness.login('yoda', YODA)
    for (let round = 0; round < 5; round += 1) {
      await harness.clock.advance(2000)
      await harness.send('heartbeat hans', HANS)
      await harness.send('heartbeat yoda', HANS)
    }
    expect([...harness.context.sessions.list()].map(({ username }) => username)).toEqual(['hans'])
  })
})

describe('bounds', () => {
  it('refuses the session and the publication that are too many', async () => {
    const harness = new ClassicHarness({ limits: { sessions: 1, publications: 3, publicationsPerUser: 2 } })
    await harness.login('hans', HANS)
    expect(await harness.send('login yoda wise@!man 50001', YODA)).toContain('[INDEX_FULL]')
    expect(await harness.send('pub hans a', HANS)).toContain('OK')
    expect(await harness.send('pub hans b', HANS)).toContain('OK')
    expect(await harness.send('pub hans c', HANS)).toContain('limit of 2 names')
    expect(await harness.send('pub hans a', HANS)).toContain('OK')
    await harness.clock.advance(10_000)
    await harness.login('yoda', YODA)
    expect(await harness.send('pub yoda a', YODA)).toContain('OK')
    expect(await harness.send('pub yoda b', YODA)).toContain('limit of 3 publications')
  })

  it('drops requests beyond those that it works on, as if they were lost', async () => {
    const harness = new ClassicHarness({ limits: { pendingRequests: 2 } })
    const answered: string[] = []
    const release: (() => void)[] = []
    const { context } = harness
    Object.assign(context, {
      accounts: accountsFrom((username: string) => {
        answered.push(username)
        return new Promise<boolean>((resolve) => release.push(() => resolve(true)))
      }),
    })
    for (const username of ['a', 'b', 'c']) harness.push(`login ${username} pw 50001`, HANS)
    await harness.clock.advance(0)
    expect(answered).toEqual(['a', 'b'])
    for (const open of release) open()
    await harness.clock.advance(0)
    harness.push('login c pw 50001', HANS)
    await harness.clock.advance(0)
    expect(answered).toEqual(['a', 'b', 'c'])
    release[2]?.()
  })
})

describe('events', () => {
  it('tells the owner of the index all that happens, with the true reason of a refusal', async () => {
    const harness = new ClassicHarness()
    const seen: unknown[] = []
    for (const name of ['login', 'loginFailed', 'publish', 'unpublish', 'locate'] as const) {
      harness.events.on(name, ({ at, ...event }: { at: Date }) => {
        expect(at).toBeInstanceOf(Date)
        seen.push([name, event])
      })
    }
    await harness.send('login nobody pw 50001', HANS)
    await harness.login('hans', HANS)
    await harness.send('login hans falcon*solo 50001', YODA)
    await harness.send('pub hans a', HANS)
    await harness.send('pub hans a', HANS)
    await harness.login('yoda', YODA)
    await harness.send('get yoda a', YODA)
    await harness.send('unp hans a', HANS)
    const hans = { username: 'hans', address: { host: '127.0.0.1', port: HANS } }
    const yoda = { username: 'yoda', address: { host: '127.0.0.1', port: YODA } }
    expect(seen).toEqual([
      ['loginFailed', { ...hans, username: 'nobody', reason: 'credentials' }],
      ['login', hans],
      ['loginFailed', { ...yoda, username: 'hans', reason: 'already-active' }],
      ['publish', { username: 'hans', name: 'a' }],
      ['login', yoda],
      ['locate', { username: 'yoda', name: 'a', sources: ['hans'], hasTicket: false }],
      ['unpublish', { username: 'hans', name: 'a' }],
    ])
  })

  it('refuses a login when the app cannot tell, and says so', async () => {
    const harness = new ClassicHarness()
    const warnings: string[] = []
    harness.events.on('warning', ({ message }) => warnings.push(message))
    const accounts = accountsFrom(() => Promise.reject(new Error('no database')))
    Object.assign(harness.context, { accounts })
    expect(await harness.send('login hans falcon*solo 50001', HANS)).toContain('[AUTHENTICATION_FAILED]')
    expect(warnings).toEqual(['authenticate() failed; the login is refused.'])
  })

  it('answers INTERNAL, and no more, when something inside fails', async () => {
    const harness = new ClassicHarness()
    await harness.login('hans', HANS)
    harness.catalogue.publish = () => Promise.reject(new Error('disk on fire at /srv/secret'))
    expect(await harness.send('pub hans a', HANS)).toBe(
      'Error: The index failed to handle the request. [INTERNAL]',
    )
  })
})
