import { appendFileSync } from 'node:fs'
import { mkdtemp, open, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HashPool } from '../../src/content/hash-pool.js'
import { settle } from '../helpers/manual-clock.js'
import { naiveRoot, patterned } from './naive-tree.js'

const MiB = 1_048_576

let folder: string
let pool: HashPool
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
})
afterEach(async () => {
  await pool.close()
  await rm(folder, { recursive: true })
})

async function write(name: string, bytes: Buffer): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, bytes)
  await utimes(path, 1_000_000_000, 1_000_000_000)
  return path
}

// A second or more of work, whatever the machine, and no space on disk.
async function writeSparse(name: string): Promise<string> {
  const path = await write(name, Buffer.alloc(0))
  await truncate(path, 1024 * MiB)
  return path
}

describe.each([0, 1, 3])('a pool of %i threads', (threads) => {
  beforeEach(() => {
    pool = new HashPool({ threads })
  })

  it('hashes many files', async () => {
    const sizes = Array.from({ length: 20 }, (_, index) => index * 60_011)
    const paths = await Promise.all(sizes.map((size) => write(`${size}`, patterned(size))))
    const files = await Promise.all(paths.map((path) => pool.hash(path)))
    expect(files.map(({ content }) => content.size)).toEqual(sizes)
    for (const { content, stamp } of files) {
      expect(stamp.size).toBe(content.size)
      expect(Buffer.isBuffer(content.root) && Buffer.isBuffer(content.pieces)).toBe(true)
      if (content.size > 0) expect(content.root).toEqual(naiveRoot(patterned(content.size)))
    }
    expect(pool.threads).toBe(threads)
    expect(pool.waiting).toBe(0)
  })

  it('begins them in order, and tells the progress of each', async () => {
    const paths = await Promise.all([...'abcdef'].map((name) => write(name, Buffer.alloc(5 * MiB))))
    const finished: string[] = []
    const progress: number[] = []
    const onProgress = ({ hashed }: { hashed: number }): number => progress.push(hashed)
    const waits = paths.map(async (path) => {
      await pool.hash(path, { onProgress })
      finished.push(path)
    })
    await Promise.all(waits)
    if (threads < 2) expect(finished).toEqual(paths)
    expect(progress.sort()).toEqual([...Array(6).fill(4 * MiB), ...Array(6).fill(5 * MiB)])
  })

  it('ends one that runs and one that waits, and works on', async () => {
    pool = new HashPool({ threads: Math.min(threads, 1) })
    const path = await writeSparse('large')
    const small = await write('small', patterned(1000))
    const running = new AbortController()
    const waiting = new AbortController()
    const seen: number[] = []
    const first = pool.hash(path, {
      signal: running.signal,
      onProgress: ({ hashed }) => {
        seen.push(hashed)
        running.abort()
      },
    })
    const second = pool.hash(path, { signal: waiting.signal })
    const third = pool.hash(small)
    waiting.abort(new Error('enough'))
    expect(pool.waiting).toBe(1)
    await expect(second).rejects.toMatchObject({ code: 'ABORTED', cause: new Error('enough') })
    await expect(first).rejects.toMatchObject({ code: 'ABORTED' })
    expect(seen.at(-1)).toBeLessThan(1024 * MiB)
    expect((await third).content.root).toEqual(naiveRoot(patterned(1000)))
    await expect(pool.hash(small, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
    expect(pool.waiting).toBe(0)
  })

  it('sees a file that changes meanwhile', async () => {
    const path = await write('file', Buffer.alloc(9 * MiB))
    const onProgress = (): void => appendFileSync(path, 'more')
    await expect(pool.hash(path, { onProgress })).rejects.toMatchObject({ code: 'FILE_CHANGED' })
  })

  it('hands on what the caller throws, and what the system says', async () => {
    const path = await write('file', Buffer.alloc(9 * MiB))
    const onProgress = (): void => {
      throw new Error('from the caller')
    }
    await expect(pool.hash(path, { onProgress })).rejects.toThrow('from the caller')
    await expect(pool.hash(join(folder, 'none'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const handle = await open(join(folder, 'written'), 'w')
    await handle.write('x')
    await expect(pool.hash(handle)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    await handle.close()
    expect((await pool.hash(path)).content.size).toBe(9 * MiB)
  })

  it('ends everything when it closes', async () => {
    const path = await writeSparse('file')
    let begun = (): void => {}
    const errors: unknown[] = []
    const start = (): void =>
      void pool.hash(path, { onProgress: () => begun() }).catch((error) => errors.push(error))
    await new Promise<void>((resolve) => {
      begun = resolve
      for (let count = 0; count < 5; count++) start()
    })
    const closing = pool.close()
    expect(pool.close()).toBe(closing)
    await closing
    await settle()
    expect(errors).toEqual(Array(5).fill(expect.objectContaining({ code: 'CLOSED' })))
    expect(pool.threads).toBe(0)
    await expect(pool.hash(path)).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('a pool', () => {
  it('does the work itself when there is no thread to be had', async () => {
    pool = new HashPool({ threads: 2 }, pathToFileURL(join(folder, 'missing.js')))
    const path = await write('file', patterned(200_000))
    const files = await Promise.all([pool.hash(path), pool.hash(path), pool.hash(path)])
    for (const { content } of files) expect(content.root).toEqual(naiveRoot(patterned(200_000)))
    expect(pool.threads).toBe(0)
  })

  it('does it anew when a thread dies over it', async () => {
    const script = await write('dies.mjs', Buffer.from(DYING))
    pool = new HashPool({ threads: 1 }, pathToFileURL(script))
    const path = await write('file', patterned(200_000))
    expect((await pool.hash(path)).content.root).toEqual(naiveRoot(patterned(200_000)))
  })

  it('keeps the process alive only while it works', async () => {
    pool = new HashPool({ threads: 1 })
    const path = await write('file', Buffer.alloc(9 * MiB))
    const refs = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length
    const before = refs()
    for (let file = 0; file < 2; file++) {
      let during = 0
      await pool.hash(path, {
        onProgress: () => {
          during = refs()
        },
      })
      await settle()
      expect([during - before, refs() - before, pool.threads]).toEqual([1, 0, 1])
    }
  })
})

const DYING = `import { parentPort } from 'node:worker_threads'
parentPort.on('message', () => process.exit(1))
`
