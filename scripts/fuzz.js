// The long run of the channel's fuzzer: `npm run fuzz -- [count] [seed]`.
import { fileURLToPath } from 'node:url'
import { runTypeScript } from './run-typescript.js'

const file = fileURLToPath(new URL('../test/channel/fuzz-long.ts', import.meta.url))
process.exitCode = await runTypeScript([file], process.argv.slice(2), ['--expose-gc'])
