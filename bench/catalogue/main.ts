// The catalogue of an index at its full size: `npm run bench -- catalogue [COUNT…]`.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from '../lib/child.js'
import { printTable } from '../lib/figures.js'
import { printBar } from '../lib/print.js'
import { USERS } from './names.js'
import type { LoadOrder, LoadResult, StoreAnswer, StoreOrder } from './orders.js'

// On a disk, since a commit waits for it; name another one where /tmp is memory.
const FOLDER = process.env.FOLDER ?? tmpdir()

const counts = process.argv.slice(2).map(Number)
if (counts.some((count) => !Number.isSafeInteger(count) || count < 1)) {
  console.error('Usage: npm run bench -- catalogue [COUNT…]')
  process.exit(2)
}

for (const count of counts.length === 0 ? [10_000, 100_000, 1_000_000] : counts) {
  const folder = await mkdtemp(join(FOLDER, 'bittrickle-catalogue-'))
  try {
    await measure(count, join(folder, 'catalogue.db'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function measure(count: number, path: string): Promise<void> {
  console.log(`\n${count.toLocaleString('en')} publications by ${USERS.toLocaleString('en')} users`)
  const filled = await fill(count, path)
  await using store = new Child<StoreOrder, StoreAnswer>(new URL('server.js', import.meta.url))
  const opened = await store.ask({ do: 'open', path, count })
  const { rows } = await store.ask({ do: 'search', count })
  printTable(
    ['', 'found', 'p50 ms', 'p99 ms'],
    rows.map(({ what, found, p50, p99 }) => [what, found, p50.toFixed(3), p99.toFixed(3)]),
  )
  await using load = new Child<LoadOrder, LoadResult>(new URL('load.js', import.meta.url))
  const { port, key } = await store.ask({ do: 'listen' })
  await load.ask({ do: 'publish', port, key, how: 'bulk', inFlight: 256, ms: 500 })
  const { blocked: cold } = await store.ask({ do: 'blocked' })
  const wire = await load.ask({ do: 'publish', port, key, how: 'bulk', inFlight: 256, ms: 3000 })
  const busy = await load.ask({ do: 'publish', port, key, how: 'singly', inFlight: 2048, ms: 3000 })
  const single = await load.ask({ do: 'publish', port, key, how: 'singly', inFlight: 1, ms: 2000 })
  const during = await store.ask({ do: 'blocked' })
  console.log(
    `one by one over the wire: ${single.p50.toFixed(1)} ms p50, ${single.p99.toFixed(1)} ms p99; ` +
      `${Math.round(busy.rate)}/s one by one from many at once, ${Math.round(wire.rate)}/s in bulk, ${Math.round(filled.rate)}/s of the store; ` +
      `in memory ${Math.round(opened.memory / count)} bytes each, on the disk ${Math.round(filled.disk / count)} bytes; it starts in ${(opened.ms / 1000).toFixed(1)} s, and searches at full speed ${(opened.ready / 1000).toFixed(1)} s after that began`,
  )
  const blocks = [opened.blocked, filled.blocked, during.blocked].map((ms) => ms.toFixed(0)).join(', ')
  console.log(
    `longest block in ms while names are prepared, while it is filled, while others publish: ${blocks}; ` +
      `in the first moment, of code that was not compiled yet: ${filled.cold.toFixed(0)} while it is filled, ${cold.toFixed(0)} while others publish`,
  )
  // They are for a catalogue of full size: what the program itself takes is much for a small one.
  if (count < 1_000_000) return
  for (const { what, p99 } of rows) {
    if (what.startsWith('get')) printBar(`${what}, p99 ms`, p99, 'at most', 0.05)
    else printBar(`search for ${what}, p99 ms`, p99, 'at most', 2)
  }
  printBar('memory a publication, bytes', Math.round(opened.memory / count), 'at most', 500)
  printBar('start, s', opened.ms / 1000, 'at most', 4)
  printBar('publishes a second, of the store', Math.round(filled.rate), 'at least', 10_000)
  printBar('publishes a second, over the wire', Math.round(wire.rate), 'at least', 10_000)
  printBar('longest block of the event loop while names are prepared, ms', opened.blocked, 'at most', 20)
  printBar('longest block while it is filled, ms', filled.blocked, 'at most', 20)
  printBar('longest block while others publish over the wire, ms', during.blocked, 'at most', 20)
}

async function fill(count: number, path: string): Promise<StoreAnswer> {
  await using store = new Child<StoreOrder, StoreAnswer>(new URL('server.js', import.meta.url))
  return await store.ask({ do: 'fill', path, count })
}
