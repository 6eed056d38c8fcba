/**
 * The long run of fuzz.test.ts: a million altered datagrams, and the memory they leave behind. `npm run fuzz -- [count] [seed]`
 */
import { fuzz } from './fuzzer.js'

const count = Number(process.argv[2] ?? 1_000_000)
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000)
const MIB = 1024 * 1024

function report(done: number): void {
  if (done % 100_000 !== 0) return
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  console.log(
    `${done} datagrams, heap ${(heapUsed / MIB).toFixed(1)} MiB, resident ${(rss / MIB).toFixed(0)} MiB`,
  )
}

console.log(`seed ${seed}`)
const { mutated, asked, carriedOut } = await fuzz(seed, count, report)
console.log(`${mutated} mutated datagrams; ${asked} requests asked, ${carriedOut} carried out`)
if (asked !== carriedOut) process.exitCode = 1
