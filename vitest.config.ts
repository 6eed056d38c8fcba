import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// All of that folder but what reads a file of ours alone.
const INSTALLED = 'test/package/!(lockfile).test.ts'

const shared = {
  resolve: {
    // What examples and documents import is the SDK as it stands in src.
    alias: { bittrickle: fileURLToPath(new URL('src/index.ts', import.meta.url)) },
  },
}

const builtPrograms = {
  globalSetup: ['test/helpers/build.ts'],
  testTimeout: 180_000,
  hookTimeout: 180_000,
}

export default defineConfig({
  test: {
    // Vitest would leave a core to itself, and of two that is half; what the end-to-end tests do most is wait.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{e2e,examples,slow,browser}/**', INSTALLED],
          testTimeout: 60_000,
          // Loading the SDK anew for each file took longer than the tests in them.
          isolate: false,
          setupFiles: ['test/helpers/leaves-nothing.ts'],
        },
      },
      {
        // The built programs as real processes.
        test: { name: 'e2e', include: ['test/{e2e,examples}/**/*.test.ts'], ...builtPrograms },
      },
      {
        // The package as npm installs it, on several releases of Node.js, all of which come from the registry.
        test: { name: 'package', include: [INSTALLED], ...builtPrograms },
      },
      {
        // A page in a real browser, which not every machine has.
        test: { name: 'browser', include: ['test/browser/**/*.test.ts'], ...builtPrograms },
      },
      {
        // What cannot be quick: one file at a time, by a command of its own.
        test: { name: 'slow', include: ['test/slow/**/*.test.ts'], ...builtPrograms, fileParallelism: false },
      },
    ],
    coverage: { include: ['src/**'] },
  },
})
