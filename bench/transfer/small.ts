import { mkdir } from 'node:fs/promises'
import { median, printTable } from '../lib/figures.js'
import { inMiB, printBar } from '../lib/print.js'
import { cryptoCost } from './crypto-cost.js'
import { ROUNDS, SMALL_FILES } from './settings.js'
import { type Site, writeRandom } from './site.js'
import { Web } from './web.js'

const FILE_BYTES = 16_384
const BAR = 1.2

interface Round {
  readonly ms: number
  /** CPU seconds. */
  readonly sender: number
  readonly receiver: number
}

/** A folder of many small files, against one curl that keeps its connection. */
export async function measureSmall(site: Site): Promise<void> {
  const share = await site.empty('share')
  await mkdir(site.path('share', 'small'))
  const names = Array.from({ length: SMALL_FILES }, (_, at) => `small/${at}.bin`)
  for (const name of names) await writeRandom(site.path('share', name), FILE_BYTES)

  await using web = await Web.start(share, site.path('nginx'))
  const sender = await site.peer({ folder: share })
  const receiver = await site.peer({ folder: await site.empty('inbox') })
  const published = await sender.ask({ do: 'publish', names: ['small'] })

  const theirs: Round[] = []
  const ours: Round[] = []
  for (let round = 0; round < ROUNDS; round++) {
    theirs.push(await web.fetchMany(names, await site.empty('web')))
    const before = { sender: await sender.ask({ do: 'tell' }), receiver: await receiver.ask({ do: 'tell' }) }
    const wanted = { name: 'small/', as: `small-${round}/` }
    const { ms } = await receiver.ask({ do: 'get', wanted })
    const after = { sender: await sender.ask({ do: 'tell' }), receiver: await receiver.ask({ do: 'tell' }) }
    ours.push({
      ms,
      sender: after.sender.cpu - before.sender.cpu,
      receiver: after.receiver.cpu - before.receiver.cpu,
    })
  }

  const ratio = (rounds: readonly Round[]): number =>
    median(rounds.map(({ ms }, at) => (theirs[at]?.ms ?? Number.NaN) / ms))
  const row = (what: string, rounds: readonly Round[]) => [
    what,
    Math.round(median(rounds.map(({ ms }) => (SMALL_FILES / ms) * 1000))),
    ratio(rounds).toFixed(2),
    ...(['sender', 'receiver'] as const).map((end) =>
      Math.round((median(rounds.map((round) => round[end])) / SMALL_FILES) * 1e6),
    ),
  ]
  console.log(`${SMALL_FILES} files of 16 KiB; medians of ${ROUNDS} rounds in turns; CPU in µs a file`)
  printTable(
    ['', 'files/s', 'ratio', 'CPU sender', 'receiver'],
    [row('nginx, one curl that keeps its connection', theirs), row('BitTrickle, as a folder', ours)],
  )
  console.log(`Published at ${Math.round((SMALL_FILES / published.ms) * 1000)} files/s`)
  const { sign, verify, hash } = cryptoCost()
  const curlMs = median(theirs.map(({ ms }) => ms)) / SMALL_FILES
  console.log(
    `Of each file, its ticket takes ${Math.round(sign)} µs to sign and ${Math.round(verify)} to verify, and its hash ${Math.round(hash)};`,
    `at ${BAR} times curl, a file may take two cores ${Math.round((2 * curlMs * 1000) / BAR)} µs in all`,
  )
  printBar('BitTrickle to curl', ratio(ours), 'at least', BAR)
  printBar('peak memory of the receiver, MiB', inMiB((await receiver.ask({ do: 'tell' })).peak), 'under', 150)
}
