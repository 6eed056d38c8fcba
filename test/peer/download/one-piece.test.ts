import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ContentLayout } from '../../../src/content/content-layout.js'
import { Journal } from '../../../src/peer/download/journal.js'
import { OnePiece } from '../../../src/peer/download/one-piece.js'
import type { Target } from '../../../src/peer/download/target.js'
import { patterned } from '../../content/naive-tree.js'
import { failingWrites } from './disk-faults.js'

const bytes = patterned(20_000)
let folder: string
let target: Target
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
  target = { path: join(folder, 'a'), partPath: join(folder, 'a.part') }
})
afterEach(() => rm(folder, { recursive: true }))

async function whole(): Promise<OnePiece> {
  const piece = new OnePiece(new ContentLayout(bytes.length))
  await piece.write(bytes.subarray(16_384), 16_384)
  await piece.write(bytes.subarray(0, 16_384), 0)
  expect(piece.pieces.isComplete).toBe(false)
  await piece.add(0)
  expect(piece.pieces.isComplete).toBe(true)
  return piece
}

describe('a content of one piece', () => {
  it('shows nothing on the disk before it is whole, and then the file alone', async () => {
    const piece = await whole()
    expect(await readdir(folder)).toEqual([])
    await piece.finish(target, false)
    expect(await readdir(folder)).toEqual(['a'])
    expect((await readFile(target.path)).equals(bytes)).toBe(true)
  })

  it('of no bytes is a file too', async () => {
    await new OnePiece(new ContentLayout(0)).finish(target, false)
    expect(await readFile(target.path)).toHaveLength(0)
  })

  it.each([0, 7, 20_000])(
    'takes the place of %i bytes of it that a killed download has left',
    async (length) => {
      await writeFile(target.partPath, bytes.subarray(0, length))
      await (await whole()).finish(target, false)
      expect(await readdir(folder)).toEqual(['a'])
    },
  )

  it('takes the place of what a download of something larger has left', async () => {
    await writeFile(target.partPath, Buffer.alloc(900_000))
    const journal = await Journal.create(`${target.partPath}.journal`, 'A'.repeat(43), 900_000)
    await journal.note(new OnePiece(new ContentLayout(900_000)).pieces)
    await journal.close()
    await (await whole()).finish(target, false)
    expect(await readdir(folder)).toEqual(['a'])
  })

  it.each([false, true])(
    'leaves a file of somebody else alone, unless it may be overwritten (%s)',
    async (overwrite) => {
      await writeFile(target.partPath, 'my own part')
      const finishing = (await whole()).finish(target, overwrite)
      if (overwrite) {
        await finishing
        expect(await readdir(folder)).toEqual(['a'])
      } else {
        await expect(finishing).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
        expect(await readFile(target.partPath, 'utf8')).toBe('my own part')
      }
    },
  )

  it('is not written through a link', async () => {
    await writeFile(join(folder, 'elsewhere'), 'safe')
    await symlink(join(folder, 'elsewhere'), target.partPath)
    await expect((await whole()).finish(target, false)).rejects.toMatchObject({ code: 'UNSAFE_TARGET' })
    expect(await readFile(join(folder, 'elsewhere'), 'utf8')).toBe('safe')
  })

  it('does not replace what came to its name meanwhile', async () => {
    await writeFile(target.path, 'newer')
    await expect((await whole()).finish(target, false)).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
    expect(await readFile(target.path, 'utf8')).toBe('newer')
  })

  it('leaves nothing when the disk is full', async () => {
    const piece = await whole()
    await failingWrites('ENOSPC', () =>
      expect(piece.finish(target, false)).rejects.toMatchObject({ code: 'DISK_ERROR', retryable: true }),
    )
    expect(await readdir(folder)).toEqual([])
  })
})
