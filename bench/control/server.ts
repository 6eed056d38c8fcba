// The process that is measured: a bare echo, and an index with a full catalogue.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { IndexServer, MemoryStore } from '../../src/index.js'
import { obey } from '../lib/child.js'
import type { ServerAnswer, ServerOrder } from './orders.js'

const PUBLICATIONS = 100_000
const OWNERS = 10

const echo = createSocket('udp4')
echo.on('message', (datagram, from) => echo.send(datagram, from.port, from.address))

const store = new MemoryStore()
const index = new IndexServer({
  host: '127.0.0.1',
  port: 0,
  store,
  credentials: () => true,
  // What is not measured must not get into the way.
  heartbeat: { interval: 60_000, timeout: 600_000 },
  limits: { requestsPerSecond: 1_000_000, handshakesPerSecond: 100_000 },
})

obey<ServerOrder, ServerAnswer>(async (order) => {
  if (order.do === 'start') {
    for (let at = 0; at < PUBLICATIONS; at++) {
      await store.publish({
        username: `owner${at % OWNERS}`,
        name: `folder/file-${at}.bin`,
        publishedAt: new Date(),
      })
    }
    echo.bind(0, '127.0.0.1')
    await Promise.all([once(echo, 'listening'), index.listen()])
  }
  if (order.do === 'collect') globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  return {
    indexPort: index.address.port,
    echoPort: echo.address().port,
    key: new URL(index.uri.replace('bittrickle:', 'http:')).searchParams.get('key') ?? '',
    cpu: (user + system) / 1000,
    memory: process.memoryUsage.rss(),
  }
})
