import { beforeEach, describe, expect, it } from 'vitest'
import type { Address, DatagramHandlers } from '../../src/channel/datagram-socket.js'
import { ClassicIndexClient } from '../../src/peer/classic-index-client.js'
import { ManualClock, settle } from '../helpers/manual-clock.js'

const INDEX: Address = { host: '127.0.0.1', port: 5331 }

let clock: ManualClock
let sent: string[]
let handlers: DatagramHandlers
let closed: number
let client: ClassicIndexClient
/** What the index does with each datagram. */
let index: (datagram: string) => string | undefined

const hear = (text: string, from: Address = INDEX): void => handlers.message(Buffer.from(text), from)

beforeEach(async () => {
  clock = new ManualClock()
  sent = []
  closed = 0
  index = () => undefined
  client = new ClassicIndexClient({
    server: { host: '127.0.0.1', port: 5331 },
    username: 'hans',
    clock,
    openSocket: async () => ({
      address: { host: '127.0.0.1', port: 40_000 },
      receive: (given) => {
        handlers = given
      },
      send: (datagram) => {
        sent.push(Buffer.from(datagram).toString())
        const answer = index(sent.at(-1) as string)
        if (answer !== undefined) queueMicrotask(() => hear(answer))
      },
      close: async () => {
        closed += 1
      },
    }),
  })
  await client.open()
})

const publish = (name: string) => client.request({ type: 'publish', name })

describe('a classic index client', () => {
  it('asks in the words of the original and hands over the answer', async () => {
    index = () => '2 active peer(s):\nyoda\nvader'
    const { reply } = await client.request({ type: 'peers' })
    expect(reply).toEqual({
      type: 'peers',
      items: [{ username: 'yoda' }, { username: 'vader' }],
      more: false,
    })
    expect(sent).toEqual(['lap hans'])
    expect(clock.timers).toBe(0)
  })

  it('asks again, with longer and longer pauses, when the answer is lost', async () => {
    const at: number[] = []
    index = () => {
      at.push(clock.monotonic())
      return at.length === 4 ? 'OK published a' : undefined
    }
    const answer = publish('a')
    await clock.advance(5000)
    expect((await answer).reply).toMatchObject({ type: 'publish', name: 'a' })
    expect(at).toEqual([0, 150, 450, 1050])
    expect(new Set(sent)).toEqual(new Set(['pub hans a']))
  })

  it('gives up when nobody answers at all, and can be asked afterwards', async () => {
    const lost = expect(publish('a')).rejects.toMatchObject({
      code: 'INDEX_UNREACHABLE',
      retryable: true,
      message: expect.stringContaining('127.0.0.1:5331'),
    })
    await clock.advance(4649)
    expect(clock.timers).toBe(1)
    await clock.advance(1)
    await lost
    expect(sent).toHaveLength(5)
    expect(clock.timers).toBe(0)
    index = () => 'OK published b'
    expect((await publish('b')).reply).toMatchObject({ name: 'b' })
  })

  it.each([
    { host: '127.0.0.1', port: 5332 },
    { host: '127.0.0.2', port: 5331 },
  ])('does not believe $host:$port, which is not the index', async (stranger) => {
    const asking = client.request({ type: 'locate', name: 'a' })
    await settle()
    hear('200 6.6.6.6 666', stranger)
    hear('200 127.0.0.1 4000')
    expect((await asking).reply).toMatchObject({ sources: [{ host: '127.0.0.1', port: 4000 }] })
  })

  it('asks one question at a time, since answers do not say what they answer', async () => {
    const first = client.request({ type: 'locate', name: 'a' })
    const second = client.request({ type: 'locate', name: 'b' })
    await settle()
    expect(sent).toEqual(['get hans a'])
    hear('200 127.0.0.1 4001')
    await first
    await settle()
    expect(sent).toEqual(['get hans a', 'get hans b'])
    hear('200 127.0.0.1 4002')
    expect((await first).reply).toMatchObject({ sources: [{ port: 4001 }] })
    expect((await second).reply).toMatchObject({ sources: [{ port: 4002 }] })
  })

  it('lets the late double of an answer pass before it asks anything else', async () => {
    const first = client.request({ type: 'locate', name: 'a' })
    const second = client.request({ type: 'locate', name: 'b' })
    await clock.advance(150)
    expect(sent).toEqual(['get hans a', 'get hans a'])
    hear('200 127.0.0.1 4001')
    await clock.advance(499)
    expect(sent).toHaveLength(2)
    hear('200 127.0.0.1 4001')
    await clock.advance(1)
    expect(sent.at(-1)).toBe('get hans b')
    hear('200 127.0.0.1 4002')
    expect((await first).reply).toMatchObject({ sources: [{ port: 4001 }] })
    expect((await second).reply).toMatchObject({ sources: [{ port: 4002 }] })
  })

  it('throws what the index refuses', async () => {
    index = () => 'Error: No active peer publishes a. [NOT_FOUND]'
    await expect(client.request({ type: 'locate', name: 'a' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      retryable: true,
    })
  })

  it('reports the failure of the socket at once', async () => {
    const asking = expect(publish('a')).rejects.toMatchObject({
      code: 'INDEX_UNREACHABLE',
      cause: new Error('no buffer space'),
    })
    await settle()
    handlers.error(new Error('no buffer space'))
    await asking
    expect(clock.timers).toBe(0)
  })

  it('gives a request up by its signal and goes on with the next', async () => {
    const giveUp = new AbortController()
    const first = client.request({ type: 'peers' }, { signal: giveUp.signal })
    const second = publish('b')
    await settle()
    giveUp.abort()
    await expect(first).rejects.toMatchObject({ code: 'ABORTED' })
    await settle()
    hear('OK published b')
    expect((await second).reply).toMatchObject({ name: 'b' })
    const never = client.request({ type: 'peers' }, { signal: AbortSignal.abort() })
    await expect(never).rejects.toMatchObject({ code: 'ABORTED' })
    expect(sent).toEqual(['lap hans', 'pub hans b'])
  })

  it('rejects all that is asked and waits when it is closed, and leaves nothing behind', async () => {
    const asked = expect(publish('a')).rejects.toMatchObject({ code: 'CLOSED' })
    const waiting = expect(publish('b')).rejects.toMatchObject({ code: 'CLOSED' })
    await settle()
    await client.close()
    await asked
    await waiting
    expect(closed).toBe(1)
    expect(clock.timers).toBe(0)
    expect(sent).toEqual(['pub hans a'])
    await expect(client.open()).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('an effect whose answer was lost', () => {
  it('of unpublish counts as done, although the repeat finds nothing to do', async () => {
    index = () => (sent.length === 1 ? undefined : 'Error: a is not published. [NOT_PUBLISHED]')
    const undoing = client.request({ type: 'unpublish', name: 'a' })
    await clock.advance(700)
    expect((await undoing).reply).toEqual({ type: 'unpublish', name: 'a' })
  })

  it('of unpublish is no excuse for the first answer', async () => {
    index = () => 'Error: a is not published. [NOT_PUBLISHED]'
    await expect(client.request({ type: 'unpublish', name: 'a' })).rejects.toMatchObject({
      code: 'NOT_PUBLISHED',
    })
  })

  it('of a login at an original is outlived by a silence, then tried once more', async () => {
    const answers = [undefined, 'Authentication failed: already active', 'Welcome to BitTrickle!']
    index = () => answers[sent.length - 1]
    const login = client.request({ type: 'login', username: 'hans', password: 'x', tcpPort: 4000 })
    await clock.advance(150 + 500 + 3099)
    expect(sent).toHaveLength(2)
    await clock.advance(1)
    expect((await login).reply).toMatchObject({ type: 'login' })
    expect(sent).toHaveLength(3)
  })
})

describe('a classic heartbeat', () => {
  const beat = () => client.request({ type: 'heartbeat' })

  it('is sent once and waits for no answer, nor behind a question', async () => {
    const asking = publish('a')
    await beat()
    expect(sent).toContain('heartbeat hans')
    hear('OK published a')
    await asking
    expect(clock.timers).toBe(0)
  })

  it('asks something that has an answer after a long silence, and so notices a lost session', async () => {
    index = (datagram) => (datagram.startsWith('lap') ? 'Error: log in first. [NOT_LOGGED_IN]' : undefined)
    await clock.advance(9999)
    await beat()
    expect(sent).toEqual(['heartbeat hans'])
    await clock.advance(1)
    await expect(beat()).rejects.toMatchObject({ code: 'NOT_LOGGED_IN' })
    expect(sent).toEqual(['heartbeat hans', 'heartbeat hans', 'lap hans'])
    await beat()
    expect(sent).toHaveLength(4)
  })
})
