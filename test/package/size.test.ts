import { beforeAll, describe, expect, it } from 'vitest'
import { bundlePeer, measureSizes } from '../../scripts/size.js'

// About a quarter above what they were. Who goes beyond one looks at what has grown, and then raises it or does not.
const LIMITS: Readonly<Record<string, number>> = {
  'packed, bytes': 1_100_000,
  'unpacked, bytes': 4_400_000,
  'of that code, bytes': 970_000,
  'of that types, bytes': 95_000,
  'of that source maps, bytes': 3_300_000,
  // A word of the program is a file, loaded when it is said, as is what only a login or an index that listens needs.
  files: 160,
  // All that runs later, such as an index, a download and an upload, is read later: any of these goes beyond this, which is
  // less than a quarter above. A file costs as much as 20 KB.
  "import('bittrickle') in Node.js, bytes": 240_000,
  "import('bittrickle') in Node.js, files": 6,
  'import { Peer }, minified, own code, bytes': 340_000,
  'import { Peer }, minified, with dependencies, bytes': 860_000,
}

describe('the package', () => {
  let sizes: Readonly<Record<string, number>>
  beforeAll(async () => {
    sizes = await measureSizes()
  })

  it.each(Object.keys(LIMITS))('does not grow beyond its limit: %s', (what) => {
    expect(sizes[what], what).toBeGreaterThan(0)
    expect(sizes[what], what).toBeLessThanOrEqual(LIMITS[what] ?? 0)
  })

  it('has a limit for each of its figures', () => expect(Object.keys(sizes)).toEqual(Object.keys(LIMITS)))
})

describe('an app that bundles a peer alone', () => {
  it('gets nothing of the server', async () => {
    const { inputs } = await bundlePeer({ withDependencies: false, from: './src/index.ts' })
    expect(inputs).toContain('src/peer/peer.ts')
    expect(inputs.filter((path) => /^src\/(server|cli)\//.test(path))).toEqual([])
  })

  it('gets neither SQLite nor what only the server uses, out of the package as it is', async () => {
    const { text } = await bundlePeer({ withDependencies: false })
    for (const name of ['@peculiar/x509', 'chokidar']) expect(text).toContain(name)
    for (const name of [
      'sqlite',
      'rate-limiter-flexible',
      '$scrypt$',
      'commander',
      '@clack/prompts',
      'cli-progress',
    ])
      expect(text).not.toContain(name)
  })
})
