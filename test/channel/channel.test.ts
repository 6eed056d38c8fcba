import { describe, expect, it } from 'vitest'
import { IDLE_TIMEOUT_MS, MAX_QUEUED_NOTICES, RENEW_AFTER_MS } from '../../src/channel/limits.js'
import { MAX_PAYLOAD_BYTES } from '../../src/channel/protocol.js'
import { BitTrickleError } from '../../src/errors.js'
import { failure, Harness, PEER, SERVER } from './harness.js'

describe('a channel', () => {
  it('opens, answers and leaves no timer behind', async () => {
    const h = new Harness()
    const { client, states } = await h.connected()
    expect(client.serverKey).toEqual(h.serverKey.publicKey)
    expect(h.opened[0]?.address).toEqual(PEER)
    expect((await h.until(client.request(Buffer.from('hi')))).toString()).toBe('re hi')
    client.close()
    await h.clock.advance(10)
    expect(h.closed).toEqual(['peer'])
    h.server.close()
    await h.clock.advance(10)
    expect(h.clock.timers).toBe(0)
    expect(states.map(({ state }) => state)).toEqual(['connecting', 'open', 'closed'])
    expect((await failure(client.request(Buffer.from('late')))).code).toBe('CLOSED')
  })

  it('shows the index the key of the peer, and the peer that of the index before its own goes out', async () => {
    const h = new Harness()
    const seen: Buffer[] = []
    const { client } = h.peer()
    await h.until(client.connect({ verifyServerKey: (key) => void seen.push(key) }))
    expect(seen).toEqual([h.serverKey.publicKey])
    expect(h.opened[0]?.remoteStaticKey).toHaveLength(32)
  })

  it('refuses a server with another key loudly, and shows it nothing', async () => {
    const h = new Harness()
    const { client } = h.peer()
    const error = await failure(h.until(client.connect({ expectedServerKey: Buffer.alloc(32, 9) })))
    expect(error.code).toBe('SERVER_KEY_CHANGED')
    expect(h.opened).toEqual([])
    expect(client.state).toBe('idle')
    const refusal = new BitTrickleError('FORBIDDEN', 'No.')
    const verifyServerKey = (): void => {
      throw refusal
    }
    expect(await failure(h.until(client.connect({ verifyServerKey })))).toBe(refusal)
    expect(h.opened).toEqual([])
  })

  it('gives up on a silent index after the deadline', async () => {
    const h = new Harness()
    h.network.tap = () => false
    const { client } = h.peer()
    const error = await failure(h.until(client.connect({ deadline: 3000 })))
    expect(error).toMatchObject({ code: 'INDEX_UNREACHABLE', retryable: true })
    expect(h.clock.timers).toBe(0)
  })

  it('hears of another version and says so', async () => {
    const h = new Harness()
    h.network.tap = ({ datagram, to }) => {
      if (to === SERVER) datagram[1] = 9
      return true
    }
    const { client } = h.peer()
    const error = await failure(h.until(client.connect()))
    expect(error.code).toBe('UNSUPPORTED_VERSION')
  })

  it('rejects what does not fit, what is aborted and what is late', async () => {
    const h = new Harness()
    const { client } = await h.connected()
    expect((await failure(client.request(Buffer.alloc(MAX_PAYLOAD_BYTES + 1)))).code).toBe(
      'MESSAGE_TOO_LARGE',
    )
    expect((await h.until(client.request(Buffer.alloc(MAX_PAYLOAD_BYTES - 3)))).length).toBe(
      MAX_PAYLOAD_BYTES,
    )
    expect((await failure(client.request(Buffer.alloc(1), { signal: AbortSignal.abort() }))).code).toBe(
      'ABORTED',
    )
    h.network.tap = () => false
    const controller = new AbortController()
    const given = client.request(Buffer.from('a'), { signal: controller.signal })
    const late = client.request(Buffer.from('b'), { deadline: 500 })
    controller.abort()
    expect((await failure(given)).code).toBe('ABORTED')
    expect((await failure(h.until(late))).code).toBe('INDEX_UNREACHABLE')
  })

  it('answers a failing handler, and never carries the request out again', async () => {
    let calls = 0
    const h = new Harness({
      server: {
        onRequest: () => {
          calls++
          throw new Error('bug')
        },
      },
    })
    const { client } = await h.connected()
    expect((await failure(h.until(client.request(Buffer.from('x'))))).code).toBe('INTERNAL')
    expect(calls).toBe(1)
    expect(h.errors).toHaveLength(1)
  })

  it('waits for a slow request without thinking that the index is gone, and runs it once', async () => {
    let calls = 0
    let finish: (reply: Buffer) => void = () => {}
    const onRequest = (): Promise<Buffer> => {
      calls++
      return new Promise((resolve) => {
        finish = resolve
      })
    }
    const h = new Harness({ server: { onRequest } })
    const { client, states } = await h.connected()
    const slow = client.request(Buffer.from('scrypt'), { deadline: 60_000 })
    await h.clock.advance(20_000)
    finish(Buffer.from('done'))
    expect((await h.until(slow)).toString()).toBe('done')
    expect(calls).toBe(1)
    expect(states.map(({ state }) => state)).toEqual(['connecting', 'open'])
  })

  it('follows the peer to a new address, and is not moved by an older datagram', async () => {
    const h = new Harness()
    const { client, socket } = await h.connected()
    const moved = h.network.socket({ host: '10.9.9.9', port: 1234 })
    moved.receive({ message: (datagram, from) => client.handle(datagram, from), error: () => {} })
    const old: Buffer[] = []
    h.network.tap = ({ datagram, from, to }) => {
      if (from === socket.address && to === SERVER) {
        old.push(datagram)
        moved.send(datagram, to)
        return false
      }
      return true
    }
    expect((await h.until(client.request(Buffer.from('here')))).toString()).toBe('re here')
    expect(h.opened[0]?.address).toEqual(moved.address)
    expect(h.server.size).toBe(1)
  })

  it('goes on with an index that has another address', async () => {
    const h = new Harness()
    const { client, states } = await h.connected()
    const elsewhere = { host: '10.0.0.99', port: 5331 }
    const socket = h.network.socket(elsewhere)
    h.network.socket(SERVER).close()
    socket.receive({ message: (datagram, from) => void h.server.handle(datagram, from), error: () => {} })
    client.moveTo(elsewhere)
    expect((await h.until(client.request(Buffer.from('there')))).toString()).toBe('re there')
    expect(states.map(({ state }) => state)).toEqual(['connecting', 'open'])
  })

  it('delivers notices in order and once, and bounds those that wait', async () => {
    const h = new Harness({ faults: { drop: 0.3, duplicate: 0.3, reorder: 0.3, delay: 0.3 } })
    const { notices } = await h.connected()
    const channel = h.opened[0]
    const sent = Array.from({ length: MAX_QUEUED_NOTICES }, (_, i) => channel?.notify(Buffer.from(`n${i}`)))
    expect((await failure(channel?.notify(Buffer.from('more')) ?? Promise.resolve())).code).toBe(
      'RATE_LIMITED',
    )
    await h.until(Promise.all(sent))
    expect(notices).toEqual(Array.from({ length: MAX_QUEUED_NOTICES }, (_, i) => `n${i}`))
  })

  it('learns at once that the index restarted, and comes back as a new channel', async () => {
    const h = new Harness()
    const { client, states } = await h.connected()
    await h.until(client.request(Buffer.from('1')))
    h.startServer()
    const lost = await failure(h.until(client.request(Buffer.from('2')), 2000))
    expect(lost).toMatchObject({ code: 'INDEX_UNREACHABLE', retryable: true })
    expect((await h.until(client.request(Buffer.from('3')))).toString()).toBe('re 3')
    expect(states.map(({ state }) => state)).toEqual(['connecting', 'open', 'reconnecting', 'open'])
    expect(states.at(-1)?.detail.resumed).toBe(false)
    expect(h.requests).toEqual(['1', '3'])
  })

  it('resumes the same channel after a long silence', async () => {
    const h = new Harness()
    const { client, states } = await h.connected()
    h.network.tap = () => false
    const patient = client.request(Buffer.from('x'), { deadline: 60_000 })
    await h.clock.advance(30_000)
    expect(client.state).toBe('reconnecting')
    h.network.tap = () => true
    expect((await h.until(patient)).toString()).toBe('re x')
    await h.until(Promise.resolve(), 40_000)
    await h.clock.advance(40_000)
    expect(states.at(-1)).toMatchObject({ state: 'open', detail: { resumed: true } })
    expect(h.opened).toHaveLength(1)
  })

  it('renews its keys under load without anybody noticing', async () => {
    const h = new Harness({
      faults: { drop: 0.2, duplicate: 0.2, reorder: 0.2, delay: 0.2 },
      server: { idleTimeout: 2 * RENEW_AFTER_MS },
    })
    const { client, states } = await h.connected()
    const first = h.opened[0]?.keys
    await h.clock.advance(RENEW_AFTER_MS - 1_800_000)
    const answers: Promise<Buffer>[] = []
    for (let i = 0; i < 1000; i++) {
      answers.push(client.request(Buffer.from(`${i}`)))
      await h.clock.advance(2000)
    }
    const replies = (await h.until(Promise.all(answers))).map(String)
    expect(replies).toEqual(answers.map((_, i) => `re ${i}`))
    expect(h.opened).toHaveLength(1)
    expect(h.opened[0]?.keys).not.toBe(first)
    expect(h.requests).toHaveLength(1000)
    expect(states.map(({ state }) => state)).toEqual(['connecting', 'open'])
  }, 20_000)

  it('ends after a silence, and when the index closes it', async () => {
    const h = new Harness()
    await h.connected()
    await h.clock.advance(IDLE_TIMEOUT_MS + 10_000)
    expect(h.closed).toEqual(['idle'])
    const { client, states } = await h.connected({ host: '10.0.0.3', port: 1 })
    const channel = h.opened[1]
    const waiting = channel?.notify(Buffer.from('never')) ?? Promise.resolve()
    if (channel !== undefined) h.server.closeChannel(channel)
    expect((await failure(waiting)).code).toBe('CLOSED')
    await h.clock.advance(100)
    expect(states.at(-1)?.state).toBe('reconnecting')
    client.close()
  })
})
