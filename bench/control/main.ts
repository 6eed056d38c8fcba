// The index against a bare echo of datagrams of the same size: the same run, in turns.
import { Child } from '../lib/child.js'
import { median, printTable } from '../lib/figures.js'
import type { LoadOrder, LoadResult, ServerAnswer, ServerOrder, Work } from './orders.js'

const ROUNDS = Number(process.env.ROUNDS ?? 5)
const ROUND_MS = Number(process.env.ROUND_MS ?? 1500)
const WARM_MS = 1_000
const SESSIONS = 10_000
const WATCHED_MS = 20_000

const WORKS: readonly Work[] = ['heartbeat', 'get', 'ticket', 'sch', 'pub']
// `npm run bench -- control get pub` looks at these alone.
const wanted = process.argv.slice(2)
const works = wanted.length === 0 ? WORKS : WORKS.filter((work) => wanted.includes(work))

async function compare(server: ServerAnswer, load: Child<LoadOrder, LoadResult>): Promise<void> {
  const { echoPort: port } = server
  const rows: (string | number)[][] = []
  for (const work of works) {
    for (const inFlight of [1, 64, 256]) {
      // Warm, as an index that has run for a while is, and how long its datagrams are.
      const { bytes } = await load.ask({ do: 'work', work, inFlight, ms: WARM_MS })
      const bare: LoadResult[] = []
      const ours: LoadResult[] = []
      for (let round = 0; round < ROUNDS; round++) {
        bare.push(await load.ask({ do: 'echo', port, bytes, inFlight, ms: ROUND_MS }))
        ours.push(await load.ask({ do: 'work', work, inFlight, ms: ROUND_MS }))
      }
      const of = (results: readonly LoadResult[], figure: keyof LoadResult) =>
        median(results.map((r) => r[figure]))
      const ratios = ours.map((result, at) => result.rate / (bare[at]?.rate ?? Number.NaN))
      rows.push([
        work,
        inFlight,
        Math.round(of(bare, 'rate')),
        Math.round(of(ours, 'rate')),
        median(ratios).toFixed(2),
        of(bare, 'p99').toFixed(2),
        of(ours, 'p99').toFixed(2),
        (of(ours, 'p99') / of(bare, 'p99')).toFixed(1),
      ])
    }
  }
  console.log(
    `Requests a second, medians of ${ROUNDS} rounds of ${ROUND_MS} ms; 100,000 publications; p99 in ms`,
  )
  printTable(['request', 'in flight', 'echo/s', 'index/s', 'ratio', 'echo p99', 'index p99', 'ratio'], rows)
}

async function keepMany(
  server: Child<ServerOrder, ServerAnswer>,
  load: Child<LoadOrder, LoadResult>,
): Promise<void> {
  const empty = await server.ask({ do: 'collect' })
  await load.ask({ do: 'sessions', port: empty.indexPort, key: empty.key, count: SESSIONS })
  const before = await server.ask({ do: 'collect' })
  await new Promise((resolve) => setTimeout(resolve, WATCHED_MS))
  const after = await server.ask({ do: 'usage' })
  const perSession = (before.memory - empty.memory) / SESSIONS
  const busy = (after.cpu - before.cpu) / WATCHED_MS
  console.log(
    `\n${SESSIONS} sessions that heartbeat every 2 s: ${(busy * 100).toFixed(0)} % of one core, ` +
      `${(perSession / 1024).toFixed(1)} KiB of memory each`,
  )
}

await using server = new Child<ServerOrder, ServerAnswer>(new URL('server.js', import.meta.url))
await using load = new Child<LoadOrder, LoadResult>(new URL('load.js', import.meta.url))
const started = await server.ask({ do: 'start' })
await load.ask({ do: 'connect', port: started.indexPort, key: started.key })
await compare(started, load)
if (wanted.length === 0) {
  await using many = new Child<LoadOrder, LoadResult>(new URL('load.js', import.meta.url))
  await keepMany(server, many)
}
