import { beforeEach, describe, expect, it } from 'vitest'
import type { ReceiptEvent, ReceiptsLostEvent, RefusedEvent } from '../../../src/server/events.js'
import type { ReceiptRequest } from '../../../src/wire/messages.js'
import { SealedNetwork, type SealedPeer } from '../../helpers/sealed-network.js'

const ROOT = 'r'.repeat(42).concat('A')
const REQUEST: ReceiptRequest = {
  type: 'receipt',
  id: 'aaaaaaaaaaA',
  way: 'received',
  peer: 'yoda',
  receipts: [
    { root: ROOT, bytes: 5, ms: 7 },
    { root: ROOT, bytes: 0, ms: 1, outcome: 'aborted' },
    { root: ROOT, bytes: 2, ms: 9, outcome: 'failed', code: 'SOURCE_LOST' },
  ],
}

let n: SealedNetwork
let hans: SealedPeer
let seen: ReceiptEvent[]
let lost: ReceiptsLostEvent[]
let refused: RefusedEvent[]

beforeEach(async () => {
  n = new SealedNetwork()
  seen = []
  lost = []
  refused = []
  n.events.on('receipt', (event) => seen.push(event))
  n.events.on('receiptsLost', (event) => lost.push(event))
  n.events.on('refused', (event) => refused.push(event))
  hans = await n.join('hans')
})

describe('a message of receipts', () => {
  it('is an event for each, in the name of the session', async () => {
    expect(await hans.ask({ ...REQUEST, lost: 4 })).toEqual({ type: 'receipt' })
    const common = {
      username: 'hans',
      address: hans.from,
      way: 'received',
      peer: 'yoda',
      root: ROOT,
      at: expect.any(Date),
    }
    expect(seen).toEqual([
      { ...common, bytes: 5, ms: 7, outcome: 'done' },
      { ...common, bytes: 0, ms: 1, outcome: 'aborted' },
      { ...common, bytes: 2, ms: 9, outcome: 'failed', code: 'SOURCE_LOST' },
    ])
    expect(lost).toEqual([{ username: 'hans', count: 4, at: expect.any(Date) }])
  })

  it('cannot speak for somebody else, whatever it says', async () => {
    const forged = { ...REQUEST, username: 'vader', user: 'vader', address: { host: '1.2.3.4', port: 5 } }
    await hans.ask(forged as ReceiptRequest)
    expect(seen.map(({ username, address }) => [username, address])).toEqual(
      Array(3).fill(['hans', hans.from]),
    )
  })

  it('counts once, though it is repeated in another session', async () => {
    await hans.ask(REQUEST)
    n.context.sessions.end([...n.context.sessions.list()][0] as never)
    expect(await hans.ask(REQUEST)).toEqual({ type: 'receipt' })
    expect(seen).toHaveLength(3)
    await hans.ask({ ...REQUEST, id: 'aaaaaaaaaaE' })
    expect(seen).toHaveLength(6)
  })

  it.each([
    ['another way', { way: 'lost' }],
    ['no user', { peer: '' }],
    ['a user that is none', { peer: 'a b' }],
    ['a long user', { peer: 'x'.repeat(65) }],
    ['an id that is none', { id: 'a' }],
    ['no root', { receipts: [{ bytes: 1, ms: 1 }] }],
    ['fewer bytes than none', { receipts: [{ root: ROOT, bytes: -1, ms: 1 }] }],
    ['half a byte', { receipts: [{ root: ROOT, bytes: 0.5, ms: 1 }] }],
    ['another outcome', { receipts: [{ root: ROOT, bytes: 1, ms: 1, outcome: 'done' }] }],
    [
      'a code that is text',
      { receipts: [{ root: ROOT, bytes: 1, ms: 1, outcome: 'failed', code: 'it was\n' }] },
    ],
    ['a long code', { receipts: [{ root: ROOT, bytes: 1, ms: 1, outcome: 'failed', code: 'X'.repeat(33) }] }],
  ])('with %s is refused, and nothing of it is taken', async (_what, other) => {
    await expect(hans.ask({ ...REQUEST, ...other } as ReceiptRequest)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    })
    expect(seen).toEqual([])
    expect(refused).toMatchObject([{ username: 'hans', code: 'INVALID_OPTION' }])
  })

  it('too many of which come is refused, with the time to wait', async () => {
    n = new SealedNetwork({ limits: { requestsPerSecond: 4 } })
    hans = await n.join('hans')
    const request = { ...REQUEST, receipts: Array(12).fill(REQUEST.receipts[0]) }
    await hans.ask(request)
    await expect(hans.ask({ ...request, id: 'aaaaaaaaaaE' })).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      retryAfter: expect.any(Number),
    })
  })
})

it('a peer is asked for receipts when somebody listens, and not otherwise', async () => {
  const ask = () =>
    hans.ask({ type: 'login', username: 'hans', password: 'falcon*solo', tcpPort: 6000, versions: [1] })
  expect(await ask()).toMatchObject({ receipts: true })
  n.events.removeAllListeners('receipt')
  expect(await ask()).not.toHaveProperty('receipts')
})

describe('a refused request', () => {
  it('is told of: who, from where, what, about what, and why', async () => {
    await expect(hans.ask({ type: 'unpublish', name: 'nothing' })).rejects.toThrow()
    await expect(hans.ask({ type: 'locate', name: 'a.bin' })).rejects.toThrow()
    await expect(hans.ask({ type: 'search', query: '\n' })).rejects.toThrow()
    const common = { username: 'hans', address: hans.from, at: expect.any(Date) }
    expect(refused).toEqual([
      { ...common, request: 'unpublish', about: 'nothing', code: 'NOT_PUBLISHED' },
      { ...common, request: 'locate', about: 'a.bin', code: 'NOT_FOUND' },
      { ...common, request: 'search', about: '\n', code: 'INVALID_NAME' },
    ])
  })

  it('without a session has no name', async () => {
    n.context.sessions.end([...n.context.sessions.list()][0] as never)
    await expect(n.until(hans.client.request({ type: 'peers' }))).rejects.toThrow()
    expect(refused).toEqual([
      { address: hans.from, request: 'peers', code: 'NOT_LOGGED_IN', at: expect.any(Date) },
    ])
  })
})
