import { beforeEach, describe, expect, it } from 'vitest'
import { BitTrickleError, type ErrorCode } from '../../src/errors.js'
import { Connection } from '../../src/peer/connection.js'
import type { IndexAnswer } from '../../src/peer/index-client.js'
import type { Request } from '../../src/wire/messages.js'
import { ManualClock, settle } from '../helpers/manual-clock.js'

const refusal = (code: ErrorCode) => new BitTrickleError(code, `the index said ${code}`)
const LOGIN = { type: 'login', username: 'hans', password: 'falcon*solo', tcpPort: 4000 } as const

let clock: ManualClock
let asked: string[]
let seen: unknown[]
let closed: number
let connection: Connection
/** What the app does when it hears of it. */
let onEvent: (name: 'offline' | 'reconnecting') => void
/** What the index does with each request: throws, waits, or grants it. */
let index: (type: Request['type']) => void | Promise<void>

beforeEach(() => {
  clock = new ManualClock()
  asked = []
  seen = []
  closed = 0
  index = () => {}
  onEvent = () => {}
  connection = new Connection({
    clock,
    random: () => 0,
    loginRequest: async () => LOGIN,
    onOnline: async () => void seen.push('online'),
    onOffline: (reason) => {
      seen.push(['offline', (reason as BitTrickleError).code])
      onEvent('offline')
    },
    onReconnecting: (attempt, delay) => {
      seen.push(['reconnecting', attempt, delay])
      onEvent('reconnecting')
    },
    client: {
      isLocal: true,
      open: async () => {},
      close: async () => {
        closed += 1
      },
      request: async <R extends Request>({ type }: R): Promise<IndexAnswer<R>> => {
        asked.push(type)
        await index(type)
        const reply = { type, items: [], more: false, heartbeat: { interval: 2000, timeout: 3000 } }
        return { reply, omitted: 0 } as unknown as IndexAnswer<R>
      },
    },
  })
})

/** Refuses requests of these kinds from now on. */
const refuse = (code: ErrorCode, ...types: Request['type'][]): void => {
  index = (type) => {
    if (types.includes(type)) throw refusal(code)
  }
}

describe('logging in', () => {
  it('opens a session and beats at the interval of the index', async () => {
    expect(connection.state).toBe('idle')
    const login = connection.login()
    expect(connection.state).toBe('connecting')
    await login
    expect(connection.state).toBe('online')
    expect(seen).toEqual(['online'])
    await clock.advance(6000)
    expect(asked).toEqual(['login', 'heartbeat', 'heartbeat', 'heartbeat'])
  })

  it('is one login however often it is called', async () => {
    await Promise.all([connection.login(), connection.login()])
    await connection.login()
    expect(asked).toEqual(['login'])
  })

  it.each(['AUTHENTICATION_FAILED', 'ALREADY_ACTIVE', 'INDEX_UNREACHABLE'] as const)(
    'that fails with %s rejects, is not repeated by itself, and can be tried again',
    async (code) => {
      refuse(code, 'login')
      await expect(connection.login()).rejects.toMatchObject({ code })
      expect(connection.state).toBe('idle')
      expect(clock.timers).toBe(0)
      expect(seen).toEqual([])
      index = () => {}
      await connection.login()
      expect(connection.state).toBe('online')
    },
  )

  it('comes before any request', async () => {
    await expect(connection.request({ type: 'peers' })).rejects.toMatchObject({ code: 'NOT_LOGGED_IN' })
    expect(asked).toEqual([])
  })
})

describe('a lost index', () => {
  beforeEach(async () => {
    await connection.login()
    asked = []
    seen = []
  })

  it('is noticed by a heartbeat, and tried again with longer and longer pauses until it is back', async () => {
    refuse('INDEX_UNREACHABLE', 'heartbeat', 'login')
    await clock.advance(2000)
    expect(connection.state).toBe('offline')
    expect(seen).toEqual([
      ['offline', 'INDEX_UNREACHABLE'],
      ['reconnecting', 1, 250],
    ])
    await clock.advance(500)
    expect(seen.slice(2)).toEqual([
      ['reconnecting', 2, 250],
      ['reconnecting', 3, 250],
    ])
    index = () => {}
    await clock.advance(250)
    expect(connection.state).toBe('online')
    expect(seen.at(-1)).toBe('online')
    asked = []
    await clock.advance(4000)
    expect(asked).toEqual(['heartbeat', 'heartbeat'])
  })

  it('is noticed by a request; further ones are refused at once until it is back', async () => {
    refuse('INDEX_UNREACHABLE', 'peers', 'login')
    await expect(connection.request({ type: 'peers' })).rejects.toMatchObject({ code: 'INDEX_UNREACHABLE' })
    await expect(connection.request({ type: 'peers' })).rejects.toMatchObject({
      code: 'INDEX_UNREACHABLE',
      retryable: true,
    })
    expect(asked).toEqual(['peers'])
    expect(seen.filter((event) => String(event).startsWith('offline'))).toHaveLength(1)
  })

  it('can be tried at once by login(), which takes the place of the planned try', async () => {
    refuse('INDEX_UNREACHABLE', 'heartbeat')
    await clock.advance(2000)
    asked = []
    index = () => {}
    await connection.login()
    expect(connection.state).toBe('online')
    await clock.advance(1000)
    expect(asked).toEqual(['login'])
  })

  it('whose login() fails meanwhile is still tried again', async () => {
    refuse('INDEX_UNREACHABLE', 'heartbeat', 'login')
    await clock.advance(2000)
    await expect(connection.login()).rejects.toMatchObject({ code: 'INDEX_UNREACHABLE' })
    index = () => {}
    await clock.advance(250)
    expect(connection.state).toBe('online')
    expect(seen).toEqual([
      ['offline', 'INDEX_UNREACHABLE'],
      ['reconnecting', 1, 250],
      ['reconnecting', 2, 250],
      'online',
    ])
  })

  it.each(['the planned try', 'login()'])(
    'that refuses the account for good at %s is left alone',
    async (by) => {
      refuse('INDEX_UNREACHABLE', 'heartbeat')
      await clock.advance(2000)
      refuse('AUTHENTICATION_FAILED', 'login')
      if (by === 'login()') await connection.login().catch(() => {})
      else await clock.advance(250)
      expect(connection.state).toBe('idle')
      expect(seen.at(-1)).toEqual(['offline', 'AUTHENTICATION_FAILED'])
      expect(clock.timers).toBe(0)
      await expect(connection.request({ type: 'peers' })).rejects.toMatchObject({ code: 'NOT_LOGGED_IN' })
      index = () => {}
      await connection.login()
      expect(connection.state).toBe('online')
    },
  )
})

describe('a session that the index has forgotten', () => {
  beforeEach(async () => {
    await connection.login()
    asked = []
    let isKnown = false
    index = (type) => {
      if (type === 'login') isKnown = true
      else if (!isKnown) throw refusal('NOT_LOGGED_IN')
    }
  })

  it('is opened again and the request repeated, unseen by the caller', async () => {
    await connection.request({ type: 'peers' })
    expect(asked).toEqual(['peers', 'login', 'peers'])
    expect(connection.state).toBe('online')
    expect(seen).toEqual(['online', 'online'])
  })

  it('is opened again once for all the requests that find out together', async () => {
    await Promise.all([connection.request({ type: 'peers' }), connection.request({ type: 'published' })])
    expect(asked.filter((type) => type === 'login')).toHaveLength(1)
  })

  it('is not opened again and again for one request', async () => {
    refuse('NOT_LOGGED_IN', 'peers')
    await expect(connection.request({ type: 'peers' })).rejects.toMatchObject({ code: 'NOT_LOGGED_IN' })
    expect(asked).toEqual(['peers', 'login', 'peers'])
  })

  it('that cannot be opened again makes the peer offline, or idle when it is refused for good', async () => {
    index = (type) => {
      throw refusal(type === 'login' ? 'ALREADY_ACTIVE' : 'NOT_LOGGED_IN')
    }
    await expect(connection.request({ type: 'peers' })).rejects.toMatchObject({ code: 'ALREADY_ACTIVE' })
    expect(connection.state).toBe('offline')
    index = () => {}
    await clock.advance(250)
    index = (type) => {
      throw refusal(type === 'login' ? 'FORBIDDEN' : 'NOT_LOGGED_IN')
    }
    await expect(connection.request({ type: 'peers' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(connection.state).toBe('idle')
    expect(clock.timers).toBe(0)
  })
})

describe('closing', () => {
  it('ends the heartbeat and all tries, for good, however often it is called', async () => {
    await connection.login()
    refuse('INDEX_UNREACHABLE', 'heartbeat', 'login')
    await clock.advance(2000)
    await connection.close()
    await connection.close()
    expect(connection.state).toBe('closed')
    expect(clock.timers).toBe(0)
    expect(closed).toBeGreaterThan(0)
    await expect(connection.login()).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(connection.request({ type: 'peers' })).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it.each(['offline', 'reconnecting'] as const)('when told "%s" leaves no try behind', async (moment) => {
    await connection.login()
    onEvent = (name) => {
      if (name === moment) void connection.close()
    }
    refuse('INDEX_UNREACHABLE', 'heartbeat')
    await clock.advance(2000)
    expect(connection.state).toBe('closed')
    expect(clock.timers).toBe(0)
  })

  it('while a login is under way rejects that and never goes online', async () => {
    let grant = (): void => {}
    index = () => new Promise((resolve) => (grant = resolve))
    const login = expect(connection.login()).rejects.toMatchObject({ code: 'CLOSED' })
    await settle()
    const closing = connection.close()
    grant()
    await login
    await closing
    expect(connection.state).toBe('closed')
    expect(seen).toEqual([])
    expect(clock.timers).toBe(0)
  })
})
