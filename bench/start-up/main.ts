/**
 * What a start costs: the SDK is loaded, or a program says its version, side by side with Node.js that does nothing.
 * `npm run bench -- start-up [ROUNDS]`
 */
import { spawnSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { median, printTable } from '../lib/figures.js'
import { printBar } from '../lib/print.js'
import { cpuOfEnded } from '../lib/process-usage.js'

const BARE = 'node -e 0'
const SDK = "import('bittrickle')"
const PROGRAM = 'bittrickle --version'
const STARTS: Readonly<Record<string, readonly string[]>> = {
  [BARE]: ['-e', '0'],
  [SDK]: ['-e', SDK],
  [PROGRAM]: ['bin/bittrickle.js', '--version'],
  'bittrickle-server --version': ['bin/bittrickle-server.js', '--version'],
}

// What users start is what was built, and not the sources.
const { ensureBuild } = await import(pathToFileURL('scripts/ensure-build.js').href)
ensureBuild()

const rounds = Number(process.argv[2] ?? 30)
const times = new Map(Object.keys(STARTS).map((name) => [name, [] as number[]]))
// What it costs where others are at work, too. It is counted in steps of 10 ms, so the mean is told.
const cpuSeconds = new Map<string, number>()
// The first round finds nothing in the page cache, and does not count.
for (let round = 0; round <= rounds; round += 1) {
  for (const [name, args] of Object.entries(STARTS)) {
    const cpuBefore = cpuOfEnded()
    const startedAt = performance.now()
    const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' })
    if (status !== 0) throw new Error(`${name} ended with ${status}`)
    if (round === 0) continue
    times.get(name)?.push(performance.now() - startedAt)
    cpuSeconds.set(name, (cpuSeconds.get(name) ?? 0) + cpuOfEnded() - cpuBefore)
  }
}

const middle = (name: string): number => median(times.get(name) ?? [])
// Of those that ran one after the other: what else the machine does disturbs both.
const bare = times.get(BARE) ?? []
const ratio = (name: string): number =>
  median((times.get(name) ?? []).map((time, round) => time / (bare[round] ?? 0)))

console.log(`\nStarts, medians of ${rounds} that alternate`)
printTable(
  ['start', 'ms', 'over node', 'ratio', 'CPU ms'],
  Object.keys(STARTS).map((name) => [
    name,
    middle(name).toFixed(1),
    (middle(name) - middle(BARE)).toFixed(1),
    ratio(name).toFixed(2),
    (((cpuSeconds.get(name) ?? 0) * 1000) / rounds).toFixed(0),
  ]),
)
printBar(`milliseconds that ${SDK} takes besides`, middle(SDK) - middle(BARE), 'at most', 60)
printBar(`${PROGRAM}, in starts of node`, ratio(PROGRAM), 'at most', 2.5)
