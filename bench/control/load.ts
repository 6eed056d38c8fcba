// The process that asks.
import { createSocket } from 'node:dgram'
import { ChannelClient } from '../../src/channel/channel-client.js'
import { parseKey } from '../../src/channel/key-file.js'
import { generateKeyPair } from '../../src/channel/noise.js'
import { systemRandom } from '../../src/channel/random.js'
import { openUdpSocket } from '../../src/channel/udp-socket.js'
import { encodeRequest } from '../../src/wire/codec.js'
import type { Request } from '../../src/wire/messages.js'
import { obey } from '../lib/child.js'
import { percentile } from '../lib/figures.js'
import { type LoadOrder, type LoadResult, OWNERS, PUBLICATIONS, type Work } from './orders.js'

// More than one for the most in flight, since the window of one channel is 256 requests wide.
const ASKERS = 2
const IN_FLIGHT_EACH = 128
const HEARTBEAT_MS = 2000

const askers: ChannelClient[] = []
const sealedAskers: ChannelClient[] = []
const FINGERPRINT = Buffer.alloc(32, 1).toString('base64url')
let turn = 0

obey<LoadOrder, LoadResult>(async (order) => {
  switch (order.do) {
    case 'connect': {
      const { port, key } = order
      for (let at = 0; at < OWNERS; at++) await logIn(port, key, `owner${at}`, at % 2 === 1)
      for (let at = 0; at < ASKERS; at++) {
        askers.push(await logIn(port, key, `asker${at}`, false))
        sealedAskers.push(await logIn(port, key, `sealed${at}`, true))
      }
      return nothing
    }
    case 'echo':
      return measureEcho(order)
    case 'work':
      return measure(order.inFlight, order.ms, order.work)
    case 'sessions':
      await keepSessions(order)
      return nothing
  }
})

const nothing: LoadResult = { rate: 0, p50: 0, p99: 0, bytes: 0 }

async function logIn(port: number, key: string, username: string, isSealed: boolean): Promise<ChannelClient> {
  const socket = await openUdpSocket({ host: '127.0.0.1', port: 0 })
  const client = makeClient(port, (datagram) => socket.send(datagram, { host: '127.0.0.1', port }))
  socket.receive({ message: (datagram, from) => client.handle(datagram, from), error: () => {} })
  await open(client, key, username, isSealed)
  return client
}

function makeClient(port: number, send: (datagram: Uint8Array) => void): ChannelClient {
  return new ChannelClient({
    keyPair: generateKeyPair(systemRandom),
    server: { host: '127.0.0.1', port },
    send,
  })
}

async function open(client: ChannelClient, key: string, username: string, isSealed = false): Promise<void> {
  const expectedServerKey = parseKey(key)
  if (expectedServerKey === undefined) throw new Error('the index has no key')
  await client.connect({ expectedServerKey, deadline: 60_000 })
  const login = { type: 'login', username, password: 'x', tcpPort: 6000 } as const
  await client.request(encodeRequest(isSealed ? { ...login, fingerprint: FINGERPRINT } : login))
}

// Written beforehand, but for names that must be new: what is measured is the index, not the one who asks it.
const written = new Map<Work, readonly Buffer[]>()

function nextRequest(work: Work): Buffer {
  turn++
  if (work === 'pub') return encodeRequest(makeRequest(work, turn))
  let requests = written.get(work)
  if (requests === undefined) {
    requests = Array.from({ length: PUBLICATIONS }, (_, at) => encodeRequest(makeRequest(work, at)))
    written.set(work, requests)
  }
  return requests[turn % PUBLICATIONS] as Buffer
}

function makeRequest(work: Work, turn: number): Request {
  // Far apart, as the wishes of many users are. Odd ones are those with a content.
  const at = (turn * 2 * 3969 + (work === 'ticket' ? 1 : 0)) % PUBLICATIONS
  switch (work) {
    case 'heartbeat':
      return { type: 'heartbeat' }
    case 'get':
    case 'ticket':
      return { type: 'locate', name: `folder/file-${at}.bin` }
    case 'sch':
      return { type: 'search', query: `e-${at}.`, limit: 10 }
    case 'pub':
      return { type: 'publish', name: `new/file-${turn}.bin` }
  }
}

async function measure(inFlight: number, ms: number, work: Work): Promise<LoadResult> {
  const times: number[] = []
  let isOver = false
  let bytes = 0
  const startedAt = performance.now()
  const ask = async (client: ChannelClient): Promise<void> => {
    while (!isOver) {
      const request = nextRequest(work)
      bytes = request.length + 40
      const sentAt = performance.now()
      const reply = await client.request(request)
      // {"type":"failure", and no other reply begins so.
      if (reply[9] === 0x66) throw new Error(reply.toString())
      times.push(performance.now() - sentAt)
    }
  }
  const timer = setTimeout(() => {
    isOver = true
  }, ms)
  const able = work === 'ticket' ? sealedAskers : askers
  const channels = Math.min(able.length, Math.ceil(inFlight / IN_FLIGHT_EACH))
  await Promise.all(Array.from({ length: inFlight }, (_, at) => ask(able[at % channels] as ChannelClient)))
  clearTimeout(timer)
  return summary(times, performance.now() - startedAt, bytes)
}

function measureEcho({ port, bytes, inFlight, ms }: Extract<LoadOrder, { do: 'echo' }>): Promise<LoadResult> {
  const socket = createSocket('udp4')
  const times: number[] = []
  const sentAt = new Float64Array(inFlight)
  return new Promise((resolve) => {
    let startedAt = 0
    const send = (slot: number): void => {
      const datagram = Buffer.alloc(bytes)
      datagram.writeUInt32BE(slot)
      sentAt[slot] = performance.now()
      socket.send(datagram, port, '127.0.0.1')
    }
    socket.on('message', (datagram) => {
      const slot = datagram.readUInt32BE(0)
      const now = performance.now()
      times.push(now - (sentAt[slot] ?? 0))
      if (now - startedAt < ms) send(slot)
      else if (socket !== undefined) {
        socket.removeAllListeners('message')
        socket.close()
        resolve(summary(times, now - startedAt, bytes))
      }
    })
    socket.bind(0, '127.0.0.1', () => {
      startedAt = performance.now()
      for (let slot = 0; slot < inFlight; slot++) send(slot)
    })
  })
}

function summary(times: readonly number[], ms: number, bytes: number): LoadResult {
  const all = Float64Array.from(times)
  return { rate: (all.length / ms) * 1000, p50: percentile(all, 0.5), p99: percentile(all, 0.99), bytes }
}

// Many channels share a socket here, as many users share an address: the index tells them apart.
async function keepSessions({ port, key, count }: Extract<LoadOrder, { do: 'sessions' }>): Promise<void> {
  const perSocket = 25
  const heartbeat = encodeRequest({ type: 'heartbeat' })
  for (let first = 0; first < count; first += perSocket) {
    const socket = await openUdpSocket({ host: '127.0.0.1', port: 0 })
    const clients = Array.from({ length: Math.min(perSocket, count - first) }, () =>
      makeClient(port, (datagram) => socket.send(datagram, { host: '127.0.0.1', port })),
    )
    socket.receive({
      message: (datagram, from) => {
        for (const client of clients) client.handle(datagram, from)
      },
      error: () => {},
    })
    await Promise.all(clients.map((client, at) => open(client, key, `user${first + at}`)))
    for (const client of clients) {
      setTimeout(() => {
        setInterval(() => client.request(heartbeat).catch(console.error), HEARTBEAT_MS)
      }, Math.random() * HEARTBEAT_MS)
    }
  }
}
