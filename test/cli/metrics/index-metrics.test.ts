import { EventEmitter } from 'eventemitter3'
import { expect, it } from 'vitest'
import { IndexMetrics } from '../../../src/cli/metrics/index-metrics.js'
import type { IndexServer, IndexServerEvents, IndexStats } from '../../../src/index.js'

const address = { host: '203.0.113.7', port: 4711 }
const at = new Date()

const stats: IndexStats = {
  sessions: 3,
  channels: 4,
  publications: 5,
  waitingWrites: 6,
  requests: [
    { request: 'login', outcome: 'ok', count: 7 },
    { request: 'login', outcome: 'AUTHENTICATION_FAILED', count: 2 },
  ],
  datagrams: { received: 10, receivedBytes: 1000, sent: 9, sentBytes: 900 },
}

function make() {
  const index = Object.assign(new EventEmitter<IndexServerEvents>(), { stats: () => stats })
  return { index, metrics: new IndexMetrics(index as unknown as IndexServer) }
}

it('are the figures of the index, and what has happened', async () => {
  const { index, metrics } = make()
  const who = { username: 'hans', address, at }
  index.emit('login', who)
  index.emit('loginFailed', { ...who, reason: 'credentials' })
  index.emit('logout', { ...who, reason: 'replaced' })
  index.emit('expired', who)
  index.emit('publish', { username: 'hans', name: 'a', at })
  index.emit('refused', { address, code: 'NOT_FOUND', at })
  index.emit('limited', { what: 'logins', address, retryAfter: 1 })
  index.emit('warning', { message: 'x' })
  index.emit('ticket', { username: 'hans', name: 'a', root: '', size: 1, sources: [], at })
  index.emit('commit', { writes: 8, ms: 3 })
  index.emit('commit', { writes: 8, ms: 3000, cause: new Error('full') })
  // Twice: what counts up must not count itself.
  await metrics.text()
  const lines = (await metrics.text()).split('\n')
  for (const line of [
    'bittrickle_sessions 3',
    'bittrickle_channels 4',
    'bittrickle_publications 5',
    'bittrickle_store_queue 6',
    'bittrickle_requests_total{request="login",outcome="ok"} 7',
    'bittrickle_requests_total{request="login",outcome="AUTHENTICATION_FAILED"} 2',
    'bittrickle_datagrams_received_total 10',
    'bittrickle_datagrams_sent_total 9',
    'bittrickle_received_bytes_total 1000',
    'bittrickle_sent_bytes_total 900',
    'bittrickle_logins_total 1',
    'bittrickle_login_failures_total{reason="credentials"} 1',
    'bittrickle_session_ends_total{reason="replaced"} 1',
    'bittrickle_session_ends_total{reason="silent"} 1',
    'bittrickle_publication_changes_total{change="publish"} 1',
    'bittrickle_refusals_total{code="NOT_FOUND"} 1',
    'bittrickle_limited_total{what="logins"} 1',
    'bittrickle_warnings_total 1',
    'bittrickle_tickets_total 1',
    'bittrickle_store_writes_total 8',
    'bittrickle_store_commit_failures_total 1',
    'bittrickle_store_commit_seconds_bucket{le="0.005"} 1',
    'bittrickle_store_commit_seconds_count 2',
  ]) {
    expect(lines).toContain(line)
  }
  const text = lines.join('\n')
  expect(text).toMatch(/^bittrickle_build_info\{version="[^"]+",node="v[^"]+"\} 1$/m)
  expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m)
  expect(text).toMatch(/^process_resident_memory_bytes /m)
})

it('name nobody and nothing that a stranger could choose', async () => {
  const { index, metrics } = make()
  const who = { username: 'evil{}', address, at }
  index.emit('loginFailed', { ...who, reason: 'credentials' })
  index.emit('publish', { username: 'evil{}', name: 'evil{}', at })
  index.emit('refused', { ...who, code: 'NOT_FOUND', about: 'evil{}', at })
  const text = await metrics.text()
  expect(text).not.toContain('evil')
  expect(text).not.toContain(address.host)
})

it('do not make the index ask peers for receipts', () => {
  expect(make().index.listenerCount('receipt')).toBe(0)
})
