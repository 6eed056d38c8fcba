// The process that has the catalogue.
import { stat } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { type CatalogueEntry, IndexServer, SqliteStore } from '../../src/index.js'
import { obey } from '../lib/child.js'
import { percentile } from '../lib/figures.js'
import { publications } from './names.js'
import type { Row, StoreAnswer, StoreOrder } from './orders.js'

const IN_FLIGHT = 4096
const A_TURN = 64
const ASKED = 2000
const PAGE = 50

const nothing: StoreAnswer = {
  ms: 0,
  ready: 0,
  rate: 0,
  memory: 0,
  disk: 0,
  blocked: 0,
  cold: 0,
  rows: [],
  port: 0,
  key: '',
}

// What is measured is how long this thread works at a time, and not how long it waits for one of few cores which the load
// and the thread of the disk need too. Who may not do so measures both.
try {
  setPriority(-10)
} catch {
  console.error('Without priority: times include the wait for a core.')
}

let store: SqliteStore | undefined
let index: IndexServer | undefined
// It counts from its own turn on, which comes once a millisecond.
const delay = monitorEventLoopDelay({ resolution: 1 })

obey<StoreOrder, StoreAnswer>(async (order) => {
  switch (order.do) {
    case 'fill':
      return fill(order.path, order.count)
    case 'open':
      return open(order.path)
    case 'search':
      return search(order.count)
    case 'listen':
      return listen()
    case 'blocked':
      return { ...nothing, blocked: longestBlock() }
  }
})

/** Of those since it was asked for last. */
function longestBlock(): number {
  const { max } = delay
  delay.reset()
  return max / 1e6
}

async function fill(path: string, count: number): Promise<StoreAnswer> {
  const entries = publications(count)
  const filled = new SqliteStore(path)
  await filled.open()
  // The first names take long, for the words that they are made of.
  let part = await make(entries, Math.min(IN_FLIGHT, count))
  globalThis.gc?.()
  await sleep(10)
  delay.enable()
  let ms = 0
  let cold = 0
  for (let left = count; left > 0; left -= IN_FLIGHT) {
    const startedAt = performance.now()
    const done: Promise<boolean>[] = []
    for (const [at, entry] of part.entries()) {
      // As requests come: some in each turn.
      if (at % A_TURN === 0) await turn()
      done.push(filled.publish(entry))
    }
    await Promise.all(done)
    ms += performance.now() - startedAt
    if (left === count) cold = longestBlock()
    part = await make(entries, Math.min(IN_FLIGHT, left - IN_FLIGHT))
  }
  await filled.close()
  const { size: disk } = await stat(path)
  return { ...nothing, rate: (count / ms) * 1000, disk, cold, blocked: longestBlock() }
}

// Made beforehand, a few in each turn: what is measured is the store, and how long it holds up the event loop.
async function make(entries: Iterator<CatalogueEntry>, count: number): Promise<CatalogueEntry[]> {
  const part: CatalogueEntry[] = []
  while (part.length < count) {
    if (part.length % A_TURN === 0) await turn()
    part.push(entries.next().value)
  }
  return part
}

async function open(path: string): Promise<StoreAnswer> {
  globalThis.gc?.()
  const before = process.memoryUsage.rss()
  const startedAt = performance.now()
  store = new SqliteStore(path)
  await store.open()
  const ms = performance.now() - startedAt
  delay.enable()
  await store.prepared
  const ready = performance.now() - startedAt
  const blocked = delay.max / 1e6
  globalThis.gc?.()
  delay.reset()
  return { ...nothing, ms, ready, memory: process.memoryUsage.rss() - before, blocked }
}

async function search(count: number): Promise<StoreAnswer> {
  const known = [...publications(Math.min(count, 200_000))]
  const pick = (at: number) => known[(at * 7919) % known.length]?.name ?? ''
  const wordOf = (at: number): string => /\/([^/ ]+) /.exec(pick(at))?.[1] ?? 'dama'
  const rows: Row[] = []
  const ask = (words: readonly string[], size = 0): number =>
    (store as SqliteStore).search({
      words,
      limit: PAGE,
      includes: (entry) => size === 0 || (entry.size ?? 0) > size,
    }).names.length
  const kinds: readonly [string, (at: number) => number][] = [
    ['a rare substring', (at) => ask([`-${(at * 31).toString(36)}.`])],
    ['a medium one', (at) => ask([wordOf(at)])],
    ['a very common one', (at) => ask([['jpg', 'an', '/20', 'photos', 'e'][at % 5] as string])],
    [
      'two words with a filter',
      (at) => ask([wordOf(at), ['jpg', 'pdf', '2012', 'music'][at % 4] as string], 1e6),
    ],
    ['get by name', (at) => (store as SqliteStore).offers(pick(at)).length],
  ]
  for (const [what, act] of kinds) {
    for (let at = 0; at < ASKED / 4; at++) act(at)
    await turn()
    const times = new Float64Array(ASKED)
    let found = 0
    for (let at = 0; at < ASKED; at++) {
      const startedAt = performance.now()
      found += act(at)
      times[at] = performance.now() - startedAt
      // As requests come: each in a turn of its own.
      await turn()
    }
    rows.push({
      what,
      found: (found / ASKED).toFixed(1),
      p50: percentile(times, 0.5),
      p99: percentile(times, 0.99),
    })
  }
  return { ...nothing, rows, blocked: 0 }
}

async function listen(): Promise<StoreAnswer> {
  index = new IndexServer({
    host: '127.0.0.1',
    port: 0,
    store: opened(store as SqliteStore),
    credentials: () => true,
    heartbeat: { interval: 60_000, timeout: 600_000 },
    limits: { requestsPerSecond: 1_000_000, handshakesPerSecond: 100_000, publicationsPerUser: 2_000_000 },
  })
  // What the bench itself has left behind is not to be cleared away by the index; nor does that count as a block of it.
  globalThis.gc?.()
  await index.listen()
  await sleep(10)
  delay.reset()
  const key = new URL(index.uri.replace('bittrickle:', 'http:')).searchParams.get('key') ?? ''
  return { ...nothing, port: index.address.port, key }
}

// It is open already.
function opened(store: SqliteStore): SqliteStore {
  store.open = async () => {}
  return store
}
