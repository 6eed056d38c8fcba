import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BitTrickleError } from '../../../../src/errors.js'
import { findFiles } from '../../../../src/peer/share/find-files.js'
import { ShareFolder } from '../../../../src/peer/share/share-folder.js'
import { isAtOrBelow, type LookOptions, look } from '../../../../src/peer/share/watch/look.js'

let root: string
let folder: ShareFolder
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'bittrickle-')))
  folder = new ShareFolder(root)
  await mkdir(join(root, 'd', 'sub', 'deep'), { recursive: true })
  for (const file of ['d/a', 'd/sub/b', 'd/sub/deep/c']) await writeFile(join(root, file), file)
})
afterEach(() => rm(root, { recursive: true }))

const lookAt = (paths: string[], more: Partial<LookOptions> = {}) =>
  look({
    share: { folder, findFiles: (start, options) => findFiles(folder, start, options) },
    root: 'd',
    paths,
    isIgnored: () => false,
    onFolder: async () => {},
    signal: new AbortController().signal,
    ...more,
  })

const brokenDisk = (path: string): BitTrickleError =>
  new BitTrickleError('FILE_UNREADABLE', `Cannot read ${path}.`, {
    cause: Object.assign(new Error('EIO'), { code: 'EIO' }),
  })

describe('a look at some paths', () => {
  it('finds files, and all that is in folders, each of them once', async () => {
    const list = vi.spyOn(folder, 'list')
    const onFolder = vi.fn()
    const view = await lookAt(['d/sub/b', 'd/sub', 'd/a', 'd/none', 'd/sub/deep'], { onFolder })
    expect(view.files.map(({ file }) => file)).toEqual(['d/a', 'd/sub/b', 'd/sub/deep/c'])
    expect(view.folders).toEqual(['d/sub'])
    expect(list).toHaveBeenCalledTimes(2)
    expect(onFolder.mock.calls).toEqual([['d/sub'], ['d/sub/deep']])
    expect(view.skipped.size).toBe(0)
    expect(view.isUnclear('d/none')).toBe(false)
  })

  it('does not take for gone what cannot be read', async () => {
    const { list } = folder
    vi.spyOn(folder, 'list').mockImplementation(async (path) => {
      if (path === 'd/sub') throw brokenDisk(path)
      return list.call(folder, path)
    })
    const view = await lookAt(['d'])
    expect(view.files.map(({ file }) => file)).toEqual(['d/a'])
    expect([...view.skipped.keys()]).toEqual(['d/sub'])
    for (const path of ['d/sub', 'd/sub/b', 'd/sub/deep/c']) expect(view.isUnclear(path)).toBe(true)
    for (const path of ['d', 'd/a', 'd/submarine']) expect(view.isUnclear(path)).toBe(false)
  })

  it('ends early when it is given up', async () => {
    await expect(lookAt(['d'], { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  })
})

it.each([
  ['a/b/c', ['a'], true],
  ['a/b/c', ['a/b/c'], true],
  ['a/b/c', [''], true],
  ['', [''], true],
  ['a', ['a/b'], false],
  ['ab', ['a'], false],
  ['', ['a'], false],
])('whether %j is at or below %j: %j', (path, places, expected) => {
  expect(isAtOrBelow(path, new Set(places))).toBe(expected)
})
