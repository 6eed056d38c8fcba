import { execFileSync } from 'node:child_process'
import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, open, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type HashProgress, hashFile } from '../../src/content/hash-file.js'
import { naivePieces, naiveRoot, patterned } from './naive-tree.js'

const MiB = 1_048_576

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
  path = join(folder, 'file.bin')
})
afterEach(() => rm(folder, { recursive: true }))

// Long ago, so that a change now shows in the time whatever the file system's clock is.
async function write(bytes: Buffer): Promise<void> {
  await writeFile(path, bytes)
  await utimes(path, 1_000_000_000, 1_000_000_000)
}

describe('hashing a file', () => {
  it.each([0, 1, 16_384, 131_073, 5 * MiB + 7])('of %i bytes', async (size) => {
    const bytes = patterned(size)
    await write(bytes)
    const { content, stamp } = await hashFile(path)
    expect(content.size).toBe(size)
    if (size > 0) expect(content.root).toEqual(naiveRoot(bytes))
    expect(content.pieces).toEqual(naivePieces(bytes, content.pieceSize))
    expect(stamp).toMatchObject({ size, mtimeNs: 10n ** 18n })
  })

  it('tells the progress, up to the end', async () => {
    await write(Buffer.alloc(9 * MiB))
    const seen: HashProgress[] = []
    await hashFile(path, { onProgress: (progress) => seen.push(progress) })
    const size = 9 * MiB
    expect(seen).toEqual([4 * MiB, 8 * MiB, 9 * MiB].map((hashed) => ({ hashed, size })))
  })

  it('leaves a handle of the caller open, and where it was', async () => {
    await write(patterned(200_000))
    const handle = await open(path)
    const { content } = await hashFile(handle)
    expect(content.root).toEqual(naiveRoot(patterned(200_000)))
    expect((await handle.read(Buffer.alloc(4), 0, 4, null)).buffer).toEqual(patterned(4))
    await handle.close()
  })

  it.each<[string, () => void]>([
    [
      'is written to, with the same size',
      () => writeFileSync(path, Buffer.alloc(9 * MiB, 1), { flag: 'r+' }),
    ],
    ['grows', () => appendFileSync(path, 'more')],
    ['is cut short', () => truncateSync(path, 5 * MiB)],
    ['is removed', () => rmSync(path)],
    ['is replaced by another with the same time', () => renameSync(`${path}.new`, path)],
  ])('fails when the file %s meanwhile', async (_, change) => {
    await write(Buffer.alloc(9 * MiB))
    await writeFile(`${path}.new`, Buffer.alloc(9 * MiB))
    await utimes(`${path}.new`, 1_000_000_000, 1_000_000_000)
    let isFirst = true
    const onProgress = (): void => {
      if (isFirst) change()
      isFirst = false
    }
    await expect(hashFile(path, { onProgress })).rejects.toMatchObject({
      code: 'FILE_CHANGED',
      retryable: true,
    })
  })

  it('ends when the signal is aborted, before or meanwhile', async () => {
    await write(Buffer.alloc(9 * MiB))
    const reason = new Error('enough')
    await expect(hashFile(path, { signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
      code: 'ABORTED',
      cause: reason,
    })
    const controller = new AbortController()
    const seen: number[] = []
    const onProgress = ({ hashed }: HashProgress): void => {
      seen.push(hashed)
      controller.abort(reason)
    }
    await expect(hashFile(path, { signal: controller.signal, onProgress })).rejects.toMatchObject({
      code: 'ABORTED',
    })
    expect(seen).toEqual([4 * MiB])
  })

  it('refuses what is no file, and never waits for a pipe', async () => {
    await expect(hashFile(path)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(hashFile(join(path, 'below'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await mkdir(path)
    await expect(hashFile(path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    if (process.platform === 'win32') return
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(folder, 'pipe')])
    await expect(hashFile(join(folder, 'pipe'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })

  it('refuses a file that is larger than any content', async () => {
    await write(Buffer.alloc(0))
    // Sparse. Not every file system grants the size.
    const isGranted = await truncate(path, 2 ** 42 + 1).then(
      () => true,
      () => false,
    )
    if (isGranted) await expect(hashFile(path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })
})
