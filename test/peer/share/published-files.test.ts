import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PublishedFiles } from '../../../src/peer/share/published-files.js'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
  path = join(folder, 'state', 'published.json')
})
afterEach(() => rm(folder, { recursive: true }))

async function reopened(): Promise<PublishedFiles> {
  const files = new PublishedFiles(path)
  expect(await files.load()).toBe(true)
  return files
}

const at = (file: string) => ({ file, audience: undefined })

async function remember(name: string, file: string): Promise<void> {
  const files = new PublishedFiles(path)
  files.set(name, at(file))
  await files.save()
}

const entries = (files: PublishedFiles) => [...files.names()].map((name) => [name, files.get(name)?.file])

describe('published files', () => {
  it('are remembered from one run to the next', async () => {
    const files = new PublishedFiles(path)
    files.set('a', at('music/a.mp3'))
    files.set('b', at('b.txt'))
    await files.save()
    files.set('a', at('other/a.mp3'))
    files.delete('b')
    await files.save()
    expect(entries(await reopened())).toEqual([['a', 'other/a.mp3']])
  })

  it('are on the disk in their last state when all changes were made at once', async () => {
    const files = new PublishedFiles(path)
    for (let number = 0; number < 20; number += 1) {
      files.set(`file-${number}`, at('f'))
      void files.save()
    }
    files.delete('file-7')
    await files.close()
    const names = [...(await reopened()).names()]
    expect(names).toHaveLength(19)
    expect(names).not.toContain('file-7')
    expect(await readdir(join(folder, 'state'))).toEqual(['published.json'])
  })

  it('are not written again when nothing changed', async () => {
    const files = new PublishedFiles(path)
    files.set('a', at('a'))
    await files.save()
    await rm(path)
    files.set('a', at('a'))
    files.delete('none')
    await files.save()
    await expect(readFile(path)).rejects.toThrow('ENOENT')
  })

  it('without a path are known for as long as the object lives', async () => {
    const files = new PublishedFiles(undefined)
    expect(await files.load()).toBe(true)
    files.set('a', at('file'))
    expect(files.get('a')).toEqual({ file: 'file', audience: undefined })
    await files.close()
  })

  it('tell whether a name goes on', async () => {
    const files = new PublishedFiles(undefined)
    files.set('a.txt', at('a'))
    expect(files.hasLonger('a')).toBe(true)
    expect(files.hasLonger('a.txt')).toBe(false)
    expect(files.hasLonger('b')).toBe(false)
  })

  it.each(['', 'not json', 'null'])(
    'start empty when %j is all that was remembered, and say so',
    async (text) => {
      await remember('a', 'a')
      await writeFile(path, text)
      const files = new PublishedFiles(path)
      expect(await files.load()).toBe(false)
      expect(entries(files)).toEqual([])
    },
  )

  it('remember who may see them, and forget one of which that cannot be read', async () => {
    const files = new PublishedFiles(path)
    files.set('a', { file: 'a', audience: '@design yoda' })
    await files.save()
    expect((await reopened()).get('a')).toEqual({ file: 'a', audience: '@design yoda' })
    await writeFile(
      path,
      JSON.stringify({ a: { file: 'a' }, b: { file: 'b', to: [] }, c: { file: 'c', to: [7, ''] } }),
    )
    expect(entries(await reopened())).toEqual([])
  })

  it('take over no entry that cannot be one', async () => {
    await remember('a', 'a')
    await writeFile(path, JSON.stringify({ good: 'file', '../bad': 'file', '': 'file', number: 7 }))
    expect(entries(await reopened())).toEqual([['good', 'file']])
  })

  it('say when they cannot be remembered, and try again when they are asked to', async () => {
    await writeFile(join(folder, 'state'), 'a file where the folder should be')
    const files = new PublishedFiles(path)
    files.set('a', at('a'))
    await expect(files.save()).rejects.toMatchObject({
      code: 'DISK_ERROR',
      message: expect.stringContaining(path),
    })
    await rm(join(folder, 'state'))
    await files.save()
    expect(entries(await reopened())).toEqual([['a', 'a']])
  })
})
