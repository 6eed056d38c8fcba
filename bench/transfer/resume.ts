import { rm } from 'node:fs/promises'
import { median } from '../lib/figures.js'
import { printBar } from '../lib/print.js'
import { ROUNDS, SIZE_MIB } from './settings.js'
import { MIB, type Site, writeRandom } from './site.js'

const SHARE = 0.9

/** A download that goes on where another was given up. */
export async function measureResume(site: Site): Promise<void> {
  const share = await site.empty('share')
  const inbox = await site.empty('inbox')
  await writeRandom(site.path('share', 'large.bin'), SIZE_MIB * MIB)
  const sender = await site.peer({ folder: share })
  const receiver = await site.peer({ folder: inbox })
  await sender.ask({ do: 'publish', names: ['large.bin'] })

  const fresh: number[] = []
  const resumed: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const wanted = { name: 'large.bin', as: 'copy.bin' }
    fresh.push((await receiver.ask({ do: 'get', wanted })).ms)
    await rm(site.path('inbox', wanted.as))
    await receiver.ask({ do: 'begin', wanted, share: SHARE })
    resumed.push((await receiver.ask({ do: 'get', wanted })).ms)
    await rm(site.path('inbox', wanted.as))
  }
  const ratio = median(resumed.map((ms, at) => ms / (fresh[at] ?? Number.NaN)))
  console.log(`One file of ${SIZE_MIB} MiB; medians of ${ROUNDS} rounds in turns`)
  console.log(
    `fresh: ${Math.round(median(fresh))} ms; with ${SHARE * 100} % there already: ${Math.round(median(resumed))} ms`,
  )
  printBar('the rest to the whole', ratio, 'at most', 0.25)
}
