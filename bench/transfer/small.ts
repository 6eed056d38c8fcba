import { mkdir } from 'node:fs/promises'
import { median, printTable } from '../lib/figures.js'
import { printBar } from './print.js'
import { ROUNDS, SMALL_FILES } from './settings.js'
import { type Site, writeRandom } from './site.js'
import { Web } from './web.js'

const FILE_BYTES = 16_384
const IN_FLIGHT = 64

/** Many small files, against one curl that keeps its connection. */
export async function measureSmall(site: Site): Promise<void> {
  const share = await site.empty('share')
  await mkdir(site.path('share', 'small'))
  const names = Array.from({ length: SMALL_FILES }, (_, at) => `small/${at}.bin`)
  for (const name of names) await writeRandom(site.path('share', name), FILE_BYTES)

  await using web = await Web.start(share, site.path('nginx'))
  const sender = await site.peer({ folder: share })
  const published = await sender.ask({ do: 'publish', names })

  const theirs: number[] = []
  const ours: number[] = []
  let cpu = 0
  for (let round = 0; round < ROUNDS; round++) {
    theirs.push((await web.fetchMany(names, await site.empty('inbox'))).ms)
    await using receiver = await site.peer({ folder: await site.empty('inbox') })
    // A folder that can be fetched as a whole belongs here instead.
    const wanted = names.map((name) => ({ name, as: name }))
    const { ms, user, system } = await receiver.ask({ do: 'get', wanted, inFlight: IN_FLIGHT })
    ours.push(ms)
    cpu = user + system
  }
  const rate = (times: readonly number[]): number => median(times.map((ms) => (SMALL_FILES / ms) * 1000))
  const ratio = median(ours.map((ms, at) => (theirs[at] ?? Number.NaN) / ms))
  console.log(`${SMALL_FILES} files of 16 KiB; medians of ${ROUNDS} rounds in turns`)
  printTable(
    ['', 'files/s', 'ratio'],
    [
      ['nginx, one curl that keeps its connection', Math.round(rate(theirs)), '1.00'],
      [`BitTrickle, ${IN_FLIGHT} in flight`, Math.round(rate(ours)), ratio.toFixed(2)],
    ],
  )
  console.log(
    `Published at ${Math.round((SMALL_FILES / published.ms) * 1000)} files/s; CPU of a receiver, all its life: ${cpu.toFixed(2)} s`,
  )
  printBar('BitTrickle to curl', ratio, 'at least', 1)
}
