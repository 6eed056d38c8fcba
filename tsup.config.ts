import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'tsup'
import { joinChunks } from './scripts/join-chunks.js'

const eventEmitter = new URL('node_modules/eventemitter3/dist/eventemitter3.esm.js', import.meta.url)

// Each file that others name is in one of them: what apps and programs load, and what is started as a thread.
const entries = ['index', 'cli/bittrickle', 'cli/bittrickle-server']
const threads = ['hash-worker', 'write-worker', 'sqlite-worker', 'place-worker']

const dist = fileURLToPath(new URL('dist', import.meta.url))

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'cli/bittrickle': 'src/cli/bittrickle.ts',
    'cli/bittrickle-server': 'src/cli/bittrickle-server.ts',
    // Files of their own beside the code that starts them.
    'hash-worker': 'src/content/hash-worker.js',
    'write-worker': 'src/content/write-worker.js',
    'sqlite-worker': 'src/server/catalogue/sqlite-worker.js',
    'place-worker': 'src/peer/download/place-worker.js',
  },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  // What the programs and the SDK share is one file: BitTrickleError must be one class.
  splitting: true,
  // The 700 small files of the first take Node half a second to find and read, at every start of every program; each of
  // the others as long as our own code. NOTICE.md has their licences.
  noExternal: [/^typebox/, 'eventemitter3', 'limiter', 'p-limit'],
  esbuildOptions(options) {
    // Node reads all of it at every start, and white space takes a tenth of that time; the source maps are complete.
    options.minifyWhitespace = true
    // The one that is a module: a class that extends one of a CommonJS package stays in every app that bundles a peer.
    options.alias = { eventemitter3: fileURLToPath(eventEmitter) }
  },
  // Native, and not there for everybody.
  external: ['better-sqlite3'],
  // What is marked @internal is for nobody else, and would bring the types of half of the house with it.
  dts: {
    entry: { index: 'src/index.ts' },
    resolve: ['eventemitter3'],
    compilerOptions: { stripInternal: true },
  },
  sourcemap: true,
  clean: true,
  onSuccess: async () => {
    try {
      await joinChunks(dist, { entries, threads })
    } catch (error) {
      // What is not whole must not pass for a build.
      rmSync(dist, { recursive: true, force: true })
      throw error
    }
  },
})
