import { createReadStream } from 'node:fs'
import { mkdir, open, stat } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { Playground } from '../helpers/processes.js'

const GIGABYTE = 1024 ** 3
const MEMORY_BOUND = 150 * 1024 * 1024

it('a sparse file of 3 GiB arrives whole, with bounded memory at both ends', async () => {
  await using playground = await Playground.create()
  const { port } = await playground.index()
  const [hans, yoda] = [await playground.logIn('hans', port), await playground.logIn('yoda', port)]
  await mkdir(playground.path('hans'), { recursive: true })
  const file = await open(playground.path('hans', 'large.bin'), 'w')
  await file.truncate(3 * GIGABYTE)
  const marks = [0, GIGABYTE - 1, 2 * GIGABYTE + 12_345, 3 * GIGABYTE - 7]
  for (const mark of marks) await file.write('marked!', mark)
  await file.close()

  await hans.ask('pub large.bin', /^Published/)
  await yoda.ask('get large.bin', /^Downloaded large\.bin: 3\.0 GiB/, 240_000)
  const memory = { sender: await hans.peakMemory(), receiver: await yoda.peakMemory() }
  console.log(`peak memory: sender ${toMiB(memory.sender)} MiB, receiver ${toMiB(memory.receiver)} MiB`)
  expect(memory.sender).toBeLessThan(MEMORY_BOUND)
  expect(memory.receiver).toBeLessThan(MEMORY_BOUND)

  expect((await stat(playground.path('yoda', 'large.bin'))).size).toBe(3 * GIGABYTE)
  const different = await firstDifference(
    playground.path('hans', 'large.bin'),
    playground.path('yoda', 'large.bin'),
  )
  expect(different).toBeUndefined()
}, 300_000)

const toMiB = (bytes: number): number => Math.round(bytes / 1024 / 1024)

async function firstDifference(one: string, other: string): Promise<number | undefined> {
  const options = { highWaterMark: 4 * 1024 * 1024 }
  const others = createReadStream(other, options)[Symbol.asyncIterator]()
  let offset = 0
  for await (const bytes of createReadStream(one, options)) {
    const { value } = await others.next()
    if (!(bytes as Buffer).equals(value as Buffer)) return offset
    offset += (bytes as Buffer).length
  }
  return undefined
}
