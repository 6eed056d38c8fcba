import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const shared = {
  resolve: {
    // What examples and documents import is the SDK as it stands in src.
    alias: { bittrickle: fileURLToPath(new URL('src/index.ts', import.meta.url)) },
  },
}

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/package/**', 'test/examples/**'],
          testTimeout: 20_000,
        },
      },
      {
        // The built programs as real processes: one file at a time, since they share two cores with each other.
        test: {
          name: 'e2e',
          include: ['test/{e2e,package,examples}/**/*.test.ts'],
          globalSetup: ['test/helpers/build.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
    coverage: { include: ['src/**'] },
  },
})
