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
import type { LoadOrder, LoadResult, Work } from './orders.js'

const OWNERS = 10
// More than one for the most in flight, since the window of one channel is 256 requests wide.
const ASKERS = 2
const IN_FLIGHT_EACH = 128
const HEARTBEAT_MS = 2000

const askers: ChannelClient[] = []
let turn = 0

obey<LoadOrder, LoadResult>(async (order) => {
  switch (order.do) {
    case 'connect': {
      const names = [
        ...Array.from({ length: OWNERS }, (_, at) => `owner${at}`),
        ...Array.from({ length: ASKERS }, (_, at) => `asker${at}`),
      ]
      for (const name of names) {
        const client = await logIn(order.port, order.key, name)
        if (name.startsWith('asker')) askers.push(client)
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

async function logIn(port: number, key: string, username: string): Promise<ChannelClient> {
  const socket = await openUdpSocket({ host: '127.0.0.1', port: 0 })
  const client = makeClient(port, (datagram) => socket.send(datagram, { host: '127.0.0.1', port }))
  socket.receive({ message: (datagram, from) => client.handle(datagram, from), error: () => {} })
  await open(client, key, username)
  return client
}

function makeClient(port: number, send: (datagram: Uint8Array) => void): ChannelClient {
  return new ChannelClient({
    keyPair: generateKeyPair(systemRandom),
    server: { host: '127.0.0.1', port },
    send,
  })
}

async function open(client: ChannelClient, key: string, username: string): Promise<void> {
  const expectedServerKey = parseKey(key)
  if (expectedServerKey === undefined) throw new Error('the index has no key')
  await client.connect({ expectedServerKey, deadline: 60_000 })
  await client.request(encodeRequest({ type: 'login', username, password: 'x', tcpPort: 6000 }))
}

function makeRequest(work: Work): Request {
  turn++
  // Far apart, as the wishes of many users are.
  const at = (turn * 7919) % 100_000
  switch (work) {
    case 'heartbeat':
      return { type: 'heartbeat' }
    case 'get':
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
      const request = encodeRequest(makeRequest(work))
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
  const channels = Math.min(askers.length, Math.ceil(inFlight / IN_FLIGHT_EACH))
  await Promise.all(Array.from({ length: inFlight }, (_, at) => ask(askers[at % channels] as ChannelClient)))
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
