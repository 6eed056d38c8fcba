import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findFiles } from '../../../src/peer/share/find-files.js'
import { ShareFolder } from '../../../src/peer/share/share-folder.js'

let outer: string
let root: string
let skipped: [path: string, code: string][]
beforeEach(async () => {
  outer = await realpath(await mkdtemp(join(tmpdir(), 'bittrickle-')))
  root = join(outer, 'share')
  await mkdir(root)
  skipped = []
})
afterEach(() => rm(outer, { recursive: true }))

async function write(path: string, text = 'x'): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), text)
}

const find = (start = '', signal?: AbortSignal) =>
  findFiles(new ShareFolder(root), start, {
    onSkipped: (path, { code }) => skipped.push([path, code]),
    signal,
  })

const paths = async (start?: string) => (await find(start)).map(({ file }) => file)

describe('the files of a folder', () => {
  it('are those in it and below it, sorted, with their sizes', async () => {
    for (const path of ['b', 'a/z', 'a/b/c', 'a-b', 'z/y/x']) await write(path, path)
    await mkdir(join(root, 'empty'))
    expect(await find()).toMatchObject(
      ['a-b', 'a/b/c', 'a/z', 'b', 'z/y/x'].map((file) => ({ file, size: file.length })),
    )
    expect(await paths('a')).toEqual(['a/b/c', 'a/z'])
    expect(await paths('empty')).toEqual([])
    expect(skipped).toEqual([])
  })

  it('may be links to files inside the share folder, and to none outside', async () => {
    await write('real/file', 'text')
    await writeFile(join(outer, 'secret'), 'secret')
    await mkdir(join(root, 'links'))
    await symlink('../real/file', join(root, 'links', 'inside'))
    await symlink(join(outer, 'secret'), join(root, 'links', 'outside'))
    await symlink('none', join(root, 'links', 'dangling'))
    expect(await find('links')).toMatchObject([{ file: 'links/inside', size: 4 }])
    expect(skipped.sort()).toEqual([
      ['links/dangling', 'NOT_FOUND'],
      ['links/outside', 'OUTSIDE_SHARE'],
    ])
  })

  it('are not looked for behind links to folders, so that none leads round in a circle', async () => {
    await write('a/file')
    await symlink('..', join(root, 'a', 'up'))
    await symlink('.', join(root, 'a', 'self'))
    await symlink(outer, join(root, 'a', 'out'))
    expect(await paths()).toEqual(['a/file'])
    expect(skipped.sort()).toEqual([
      ['a/out', 'OUTSIDE_SHARE'],
      ['a/self', 'FILE_UNREADABLE'],
      ['a/up', 'FILE_UNREADABLE'],
    ])
  })

  it('are those of a linked folder that is asked for itself', async () => {
    await write('real/file')
    await symlink('real', join(root, 'link'))
    expect(await paths('link')).toEqual(['link/file'])
  })

  it('are not what a download has not finished', async () => {
    for (const path of ['a', 'b.part', 'b.part.journal', 'c.part.journal', 'd.part', 'e.partly'])
      await write(path)
    expect(await paths()).toEqual(['a', 'e.partly'])
    // One without a journal may be something else: that is said.
    expect(skipped).toEqual([['d.part', 'FILE_UNREADABLE']])
  })

  it('are no pipes', async () => {
    await write('a')
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(root, 'pipe')])
    expect(await paths()).toEqual(['a'])
    expect(skipped).toEqual([['pipe', 'FILE_UNREADABLE']])
  })

  it('cannot be found in what is not there', async () => {
    await expect(find('none')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('are not looked for any longer when that is given up', async () => {
    await write('a')
    await expect(find('', AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' })
  })
})
