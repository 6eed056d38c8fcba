import { median } from '../lib/figures.js'
import { printBar } from '../lib/print.js'
import { ROUNDS, SLOW_MIB } from './settings.js'
import { MIB, type Site, writeRandom } from './site.js'

const RATE = 20e6
const SOURCES = 3

/** Sources that are capped at 20 MB/s each. */
export async function measureSlowSources(site: Site): Promise<void> {
  const bytes = SLOW_MIB * MIB
  const folder = await site.empty('share')
  await writeRandom(site.path('share', 'slow.bin'), bytes)
  const inbox = await site.peer({ folder: await site.empty('inbox') })

  const rateOf = async (rounds: number, what: string): Promise<number> => {
    const rates: number[] = []
    for (let round = 0; round < rounds; round++) {
      const wanted = { name: 'slow.bin', as: `${what}-${round}` }
      rates.push(bytes / (await inbox.ask({ do: 'get', wanted })).ms / 1000)
    }
    return median(rates)
  }
  const add = async (): Promise<void> => {
    const source = await site.peer({ folder, uploadRate: RATE })
    await source.ask({ do: 'publish', names: ['slow.bin'] })
  }

  await add()
  const one = await rateOf(1, 'one')
  for (let more = 1; more < SOURCES; more++) await add()
  const all = await rateOf(Math.min(ROUNDS, 3), 'all')
  console.log(`Sources that are capped at ${RATE / 1e6} MB/s each; ${SLOW_MIB} MiB`)
  printBar('one of them, MB/s', one, 'at least', 19)
  printBar(`${SOURCES} of them together, MB/s`, all, 'at least', 55)
}
