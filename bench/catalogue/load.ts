// The process that publishes over the wire.
import { ChannelClient } from '../../src/channel/channel-client.js'
import { parseKey } from '../../src/channel/key-file.js'
import { generateKeyPair } from '../../src/channel/noise.js'
import { systemRandom } from '../../src/channel/random.js'
import { openUdpSocket } from '../../src/channel/udp-socket.js'
import { encodeRequest } from '../../src/wire/codec.js'
import { obey } from '../lib/child.js'
import { percentile } from '../lib/figures.js'
import type { LoadOrder, LoadResult } from './orders.js'

// Names of one request in bulk: about as many of these as a datagram has room for.
const NAMES_EACH = 10

// The window of a channel is 256 requests wide.
const IN_FLIGHT_EACH = 128

const content = { root: Buffer.alloc(32, 7).toString('base64url'), size: 1234 }
let turn = 0
let users = 0

obey<LoadOrder, LoadResult>(async ({ port, key, how, inFlight, ms }) => {
  const clients: ChannelClient[] = []
  for (let left = inFlight; left > 0; left -= IN_FLIGHT_EACH) {
    clients.push(await logIn(port, key, `loader-${++users}`))
  }
  const times: number[] = []
  const publish = how === 'bulk' ? publishMany : publishOne
  const startedAt = performance.now()
  let names = 0
  const work = async (client: ChannelClient): Promise<void> => {
    while (performance.now() - startedAt < ms) {
      const sentAt = performance.now()
      const published = await publish(client)
      names += published
      times.push(performance.now() - sentAt)
    }
  }
  await Promise.all(
    Array.from({ length: inFlight }, (_, at) => work(clients[at % clients.length] as ChannelClient)),
  )
  const rate = (names / (performance.now() - startedAt)) * 1000
  const all = Float64Array.from(times)
  return { rate, p50: percentile(all, 0.5), p99: percentile(all, 0.99) }
})

const makeItem = () => ({ name: `bulk/${turn % 97}/file number ${turn++}.bin`, ...content })

async function publishOne(client: ChannelClient): Promise<number> {
  const reply = await client.request(encodeRequest({ type: 'publish', ...makeItem() }))
  if (!reply.includes('"created":true')) throw new Error(reply.toString())
  return 1
}

async function publishMany(client: ChannelClient): Promise<number> {
  const items = Array.from({ length: NAMES_EACH }, makeItem)
  const reply = await client.request(encodeRequest({ type: 'publishAll', items }))
  if (reply.includes('false') || reply.includes('null')) throw new Error(reply.toString())
  return items.length
}

async function logIn(port: number, key: string, username: string): Promise<ChannelClient> {
  const server = { host: '127.0.0.1', port }
  const socket = await openUdpSocket({ host: '127.0.0.1', port: 0 })
  const client = new ChannelClient({
    keyPair: generateKeyPair(systemRandom),
    server,
    send: (datagram) => socket.send(datagram, server),
  })
  socket.receive({ message: (datagram, from) => client.handle(datagram, from), error: () => {} })
  const expectedServerKey = parseKey(key)
  if (expectedServerKey === undefined) throw new Error('the index has no key')
  await client.connect({ expectedServerKey, deadline: 60_000 })
  const reply = await client.request(encodeRequest({ type: 'login', username, password: 'x', tcpPort: 6000 }))
  if (reply.includes('failure')) throw new Error(reply.toString())
  return client
}
