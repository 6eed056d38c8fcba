import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FolderSync } from '../../../src/peer/download/folder-sync.js'
import { settle } from '../../helpers/manual-clock.js'

/** Syncs that end when a test says so. */
function start() {
  const begun: string[] = []
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = []
  const folders = new FolderSync((folder) => {
    begun.push(folder)
    return new Promise((resolve, reject) => ends.push({ resolve, reject }))
  })
  return { folders, begun, ends }
}

describe('the sync of a folder', () => {
  it('is shared by all who come before it begins, and by none who comes later', async () => {
    const { folders, begun, ends } = start()
    const done: number[] = []
    const ask = (number: number): void => void folders.sync('/d').then(() => done.push(number))
    ask(1)
    ask(2)
    await settle()
    ask(3)
    ask(4)
    await settle()
    expect(begun).toEqual(['/d'])
    ends[0]?.resolve()
    await settle()
    expect(done).toEqual([1, 2])
    expect(begun).toEqual(['/d', '/d'])
    ask(5)
    ends[1]?.resolve()
    await settle()
    expect(done).toEqual([1, 2, 3, 4])
    ends[2]?.resolve()
    await settle()
    expect(done).toEqual([1, 2, 3, 4, 5])
    expect(begun).toHaveLength(3)
    expect(folders.size).toBe(0)
  })

  it('does not wait for that of another folder, and fails for those who asked for it alone', async () => {
    const { folders, begun, ends } = start()
    const failing = expect(folders.sync('/a')).rejects.toThrow('broken')
    const other = folders.sync('/b')
    await settle()
    const next = folders.sync('/a')
    ends[0]?.reject(new Error('broken'))
    ends[1]?.resolve()
    await Promise.all([failing, other])
    await settle()
    expect(begun).toEqual(['/a', '/b', '/a'])
    ends[2]?.resolve()
    await next
    await settle()
    expect(folders.size).toBe(0)
  })

  it('is one of the real disk unless said otherwise', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
    const folders = new FolderSync()
    await folders.sync(folder)
    await rm(folder, { recursive: true })
    await expect(folders.sync(folder)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
