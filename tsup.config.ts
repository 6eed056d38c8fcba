import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    // Files of their own beside the code that starts them as threads.
    'hash-worker': 'src/content/hash-worker.js',
    'write-worker': 'src/content/write-worker.js',
    'sqlite-worker': 'src/server/catalogue/sqlite-worker.js',
    'place-worker': 'src/peer/download/place-worker.js',
    'cli/bittrickle': 'src/cli/bittrickle.ts',
    'cli/bittrickle-server': 'src/cli/bittrickle-server.ts',
  },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  // What the programs and the SDK share is one file: BitTrickleError must be one class.
  splitting: true,
  // The 700 small files of the first take Node half a second to find and read, at every start of every program; each of
  // the others as long as our own code. NOTICE.md has their licences. A class that extends one of a CommonJS package which is
  // built in would stay in every app that bundles a peer.
  noExternal: [/^typebox/, 'limiter', 'p-limit'],
  // Native, and not there for everybody.
  external: ['better-sqlite3'],
  // What is marked @internal is for nobody else, and would bring the types of half of the house with it.
  dts: { entry: { index: 'src/index.ts' }, compilerOptions: { stripInternal: true } },
  sourcemap: true,
  clean: true,
})
