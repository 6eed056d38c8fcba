import { printTable } from '../lib/figures.js'
import { inMiB, printBar } from '../lib/print.js'
import { MEMORY_MIB } from './settings.js'
import { MIB, type Site, writeSparse } from './site.js'

const SPARE = 2048 * MIB

/** The most memory that both processes have at a time, for files of three sizes. */
export async function measureMemory(site: Site): Promise<void> {
  const sizes = [MEMORY_MIB / 100, MEMORY_MIB / 10, MEMORY_MIB].map(Math.round)
  const rows: (string | number)[][] = []
  for (const size of sizes) {
    const bytes = size * MIB
    if ((await site.room()) < bytes + SPARE) {
      console.log(`There is no room for a file of ${size} MiB at ${site.folder}`)
      continue
    }
    const share = await site.empty('share')
    const inbox = await site.empty('inbox')
    await writeSparse(site.path('share', 'sparse.bin'), bytes)
    await using sender = await site.peer({ folder: share })
    await using receiver = await site.peer({ folder: inbox })
    await sender.ask({ do: 'publish', names: ['sparse.bin'] })
    const { peak } = await receiver.ask({ do: 'get', wanted: { name: 'sparse.bin', as: 'sparse.bin' } })
    rows.push([size, inMiB((await sender.ask({ do: 'tell' })).peak), inMiB(peak)])
  }
  console.log('The most memory that the processes of two peers have at a time, in MiB; sparse files')
  printTable(['file', 'sender', 'receiver'], rows)
  const most = Math.max(...rows.flatMap((row) => row.slice(1).map(Number)))
  printBar('the most of all, MiB', most, 'under', 150)
}
