import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Content } from '../../src/content/content.js'
import { ContentHasher } from '../../src/content/content-hasher.js'
import type { FileStamp } from '../../src/content/file-stamp.js'
import { HashCache, type HashCacheOptions } from '../../src/content/hash-cache.js'
import type { BitTrickleError } from '../../src/errors.js'
import { ManualClock } from '../helpers/manual-clock.js'
import { patterned } from './naive-tree.js'

let folder: string
let path: string
let clock: ManualClock
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
  path = join(folder, 'state', 'hashes')
  clock = new ManualClock()
})
afterEach(() => rm(folder, { recursive: true }))

const contentOf = (size: number): Content => new ContentHasher().update(patterned(size)).digest()
const stampOf = (size: number, changes: Partial<FileStamp> = {}): FileStamp => ({
  size,
  mtimeNs: 1_700_000_000_123_456_789n,
  ino: 2n ** 60n + 1n,
  dev: 66n,
  ...changes,
})

async function opened(options: HashCacheOptions = {}): Promise<HashCache> {
  const cache = new HashCache({ path, clock, ...options })
  await cache.load()
  return cache
}

describe('the cache of hashes', () => {
  it('remembers contents of any size from one run to the next', async () => {
    const sizes = [0, 1, 131_072, 131_073, 1_000_000]
    const cache = await opened()
    for (const size of sizes) expect(cache.set(`/päth/${size} 💾`, stampOf(size), contentOf(size))).toBe(true)
    await cache.close()
    expect(clock.timers).toBe(0)

    const again = await opened()
    expect(again.size).toBe(sizes.length)
    for (const size of sizes) expect(again.get(`/päth/${size} 💾`, stampOf(size))).toEqual(contentOf(size))
    await again.close()
  })

  it('is known without a file as long as the object lives', async () => {
    const cache = new HashCache()
    await cache.load()
    cache.set('/a', stampOf(5), contentOf(5))
    expect(cache.get('/a', stampOf(5))).toEqual(contentOf(5))
    await cache.close()
  })

  it.each<[string, Partial<FileStamp>]>([
    ['size', { size: 6 }],
    ['time, by a nanosecond', { mtimeNs: 1_700_000_000_123_456_790n }],
    ['inode', { ino: 2n ** 60n + 2n }],
    ['device', { dev: 67n }],
  ])('knows a file no longer that has another %s', async (_, changes) => {
    const cache = await opened()
    cache.set('/a', stampOf(5), contentOf(5))
    expect(cache.get('/a', stampOf(5, changes))).toBeUndefined()
    expect(cache.size).toBe(0)
    await cache.close()
    expect((await opened()).size).toBe(0)
  })

  it('does not trust the stamp of a file that was written just now', async () => {
    const cache = await opened()
    const ago = (ms: number): FileStamp => stampOf(5, { mtimeNs: BigInt(clock.now() - ms) * 1_000_000n })
    cache.set('/a', stampOf(5), contentOf(5))
    expect(cache.set('/a', ago(1_999), contentOf(5))).toBe(false)
    expect(cache.get('/a', ago(1_999))).toBeUndefined()
    expect(cache.set('/a', ago(-60_000), contentOf(5))).toBe(false)
    expect(cache.set('/a', ago(2_000), contentOf(5))).toBe(true)
    expect(cache.get('/a', ago(2_000))).toBeDefined()
    await cache.close()
  })

  it('drops the one longest unused', async () => {
    const cache = await opened({ maxEntries: 3 })
    for (const name of ['/a', '/b', '/c']) cache.set(name, stampOf(5), contentOf(5))
    cache.get('/a', stampOf(5))
    cache.set('/d', stampOf(5), contentOf(5))
    expect(cache.get('/b', stampOf(5))).toBeUndefined()
    expect(cache.size).toBe(3)
    await cache.close()
    // The order is remembered too.
    const again = await opened({ maxEntries: 2 })
    expect(again.get('/c', stampOf(5))).toBeUndefined()
    expect(again.get('/a', stampOf(5))).toBeDefined()
    await again.close()
  })

  it('keeps within its bytes, in memory as on disk', async () => {
    const cache = await opened({ maxBytes: 10_000 })
    for (let file = 0; file < 100; file++) cache.set(`/${file}`, stampOf(400_000), contentOf(400_000))
    expect(cache.size).toBeGreaterThan(20)
    expect(cache.size).toBeLessThan(60)
    cache.set('/whole', stampOf(8_000_000), contentOf(8_000_000))
    const before = cache.size
    cache.delete('/whole')
    expect(cache.size).toBeLessThanOrEqual(before)
    await cache.close()
    expect((await stat(path)).size).toBeLessThanOrEqual(10_000 + 30)
    expect((await opened({ maxBytes: 10_000 })).size).toBe(cache.size)
  })

  it('writes once for many changes, a second after the first', async () => {
    const cache = await opened()
    for (const name of ['/a', '/b']) cache.set(name, stampOf(5), contentOf(5))
    expect(clock.timers).toBe(1)
    await clock.advance(999)
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
    await clock.advance(1)
    await cache.close()
    expect((await opened()).size).toBe(2)
  })

  it('survives whatever lies on disk', async () => {
    const cache = await opened()
    for (const name of ['/a', '/b', '/c']) cache.set(name, stampOf(300_000), contentOf(300_000))
    await cache.close()
    const good = await readFile(path)
    const change = fc.tuple(fc.nat({ max: good.length - 1 }), fc.uint8Array({ maxLength: 40 }))
    await fc.assert(
      fc.asyncProperty(change, fc.boolean(), async ([at, garbage], isCut) => {
        const rest = isCut ? Buffer.alloc(0) : good.subarray(at + garbage.length)
        await writeFile(path, Buffer.concat([good.subarray(0, at), garbage, rest]))
        const loaded = await opened()
        for (const name of ['/a', '/b', '/c']) {
          const content = loaded.get(name, stampOf(300_000))
          if (content !== undefined) expect(content).toEqual(contentOf(300_000))
        }
        await loaded.close()
      }),
      { numRuns: 60 },
    )
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(1000), Buffer.from('{"a":1}'), good.subarray(24)]) {
      await writeFile(path, bytes)
      expect((await opened()).size).toBe(0)
    }
  })

  it('reads no more than it could have written', async () => {
    const cache = await opened()
    cache.set('/a', stampOf(5), contentOf(5))
    await cache.close()
    expect((await opened({ maxBytes: 100 })).size).toBe(0)
    await rm(path)
    await mkdir(path)
    expect((await opened()).size).toBe(0)
  })

  it('says when it cannot be written, and works on', async () => {
    await mkdir(path, { recursive: true })
    const warnings: BitTrickleError[] = []
    const cache = await opened({ onWarning: (error) => warnings.push(error) })
    cache.set('/a', stampOf(5), contentOf(5))
    await cache.close()
    expect(warnings).toEqual([expect.objectContaining({ code: 'DISK_ERROR' })])
    expect(cache.get('/a', stampOf(5))).toEqual(contentOf(5))
  })
})
