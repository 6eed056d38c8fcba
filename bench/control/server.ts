// The process that is measured: a bare echo, and an index with a full catalogue.
import { hash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { IndexServer, MemoryStore } from '../../src/index.js'
import { obey } from '../lib/child.js'
import { OWNERS, PUBLICATIONS, type ServerAnswer, type ServerOrder } from './orders.js'

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
    // As they come in by the network: one text for each owner's session, and names in one stretch of memory each.
    const owners = Array.from({ length: OWNERS }, (_, at) => `owner${at}`)
    await store.open()
    for (let at = 0; at < PUBLICATIONS; at++) {
      await store.publish({
        username: owners[at % OWNERS] as string,
        name: Buffer.from(`folder/file-${at}.bin`).toString(),
        publishedAt: new Date(),
        ...(at % 2 === 1 && { root: hash('sha256', `${at}`, 'buffer').toString('base64url'), size: at }),
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
