// Prints the tables of figures: `npm run bench` all of them, `npm run bench -- control` those of one bench.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runTypeScript } from '../scripts/run-typescript.js'

const here = fileURLToPath(new URL('.', import.meta.url))
// What the SDK starts as threads lies beside the code that starts them.
const scripts = [
  'content/hash-worker.js',
  'content/write-worker.js',
  'peer/download/place-worker.js',
  'server/catalogue/sqlite-worker.js',
]
const threads = scripts.map((path) => fileURLToPath(new URL(`../src/${path}`, import.meta.url)))
const benches = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'lib')
  .map(({ name }) => name)
const [wanted, ...args] = process.argv.slice(2)
if (wanted !== undefined && !benches.includes(wanted)) {
  console.error(`There is no bench "${wanted}"; there are: ${benches.join(', ')}.`)
  process.exit(2)
}
for (const bench of wanted === undefined ? benches : [wanted]) {
  const others = readdirSync(`${here}${bench}`).filter((file) => file !== 'main.ts')
  const files = ['main.ts', ...others].map((file) => `${here}${bench}/${file}`)
  const exitCode = await runTypeScript([...files, ...threads], args)
  if (exitCode !== 0) process.exit(exitCode)
}
