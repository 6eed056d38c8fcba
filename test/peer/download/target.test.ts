import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { prepareTarget } from '../../../src/peer/download/target.js'

let outer: string
let folder: string
beforeEach(async () => {
  outer = await realpath(await mkdtemp(join(tmpdir(), 'bittrickle-')))
  folder = join(outer, 'downloads')
})
afterEach(() => rm(outer, { recursive: true }))

const prepare = (name: string, overwrite = false) => prepareTarget(folder, name, overwrite)

describe('the target of a download', () => {
  it('is in the download folder; the folders on the way are made', async () => {
    const inside = join(folder, 'music', 'old')
    expect(await prepare('music/old/a.mp3')).toEqual({
      folder: { path: inside, realPath: inside },
      fileName: 'a.mp3',
      partName: 'a.mp3.part',
      path: join(folder, 'music', 'old', 'a.mp3'),
      partPath: join(folder, 'music', 'old', 'a.mp3.part'),
      realPath: join(folder, 'music', 'old', 'a.mp3'),
    })
    expect(await readdir(join(folder, 'music', 'old'))).toEqual([])
  })

  it('may have a name as long as the disk allows: what stands for it meanwhile is shorter', async () => {
    const names = [
      'a'.repeat(255),
      `${'a'.repeat(254)}b`,
      `${'é'.repeat(127)}a`,
      'ü'.repeat(121),
      'a'.repeat(242),
    ]
    const targets = await Promise.all(names.map((name) => prepare(`d/${name}`)))
    for (const [at, { path, partPath }] of targets.entries()) {
      expect(path).toBe(join(folder, 'd', names[at] ?? ''))
      await writeFile(path, '')
      await writeFile(`${partPath}.journal`, '')
    }
    expect(targets.at(-1)?.partPath).toBe(`${targets.at(-1)?.path}.part`)
    // Each has its own.
    expect(await readdir(join(folder, 'd'))).toHaveLength(2 * names.length)
    await expect(prepare(`${'a'.repeat(256)}/b`)).rejects.toMatchObject({
      code: 'DISK_ERROR',
      message: expect.stringContaining('too long'),
    })
  })

  it.each(['../up', 'a/../../up', '/etc/passwd', '..', '.', '', 'a//b', 'a\\..\\b', 'nul\0', 'a/', 'C:\\x'])(
    'is not %j, which is no name',
    async (name) => {
      await expect(prepare(name)).rejects.toMatchObject({ code: 'INVALID_NAME' })
      expect(await readdir(outer)).toEqual([])
    },
  )

  it('is not a file that is there, unless it may be overwritten', async () => {
    await prepare('a')
    await writeFile(join(folder, 'a'), 'mine')
    await expect(prepare('a')).rejects.toMatchObject({
      code: 'TARGET_EXISTS',
      message: expect.stringContaining('overwrite'),
    })
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('mine')
    expect(await prepare('a', true)).toMatchObject({ path: join(folder, 'a') })
  })

  it('is never a folder', async () => {
    await mkdir(join(folder, 'music'), { recursive: true })
    await expect(prepare('music', true)).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
  })

  it('needs folders that are no files', async () => {
    await prepare('a')
    await writeFile(join(folder, 'a'), 'mine')
    await expect(prepare('a/b')).rejects.toMatchObject({ code: 'DISK_ERROR' })
  })

  it('is a link that leads nowhere only when that may be overwritten', async () => {
    await prepare('a')
    await symlink(join(outer, 'none'), join(folder, 'a'))
    await expect(prepare('a')).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
  })

  it('is not behind a link that leads out, and no folders are made there', async () => {
    await mkdir(join(outer, 'elsewhere'))
    await mkdir(folder)
    await symlink(join(outer, 'elsewhere'), join(folder, 'link'))
    for (const name of ['link/a', 'link/deep/a']) {
      await expect(prepare(name, true)).rejects.toMatchObject({ code: 'UNSAFE_TARGET' })
    }
    expect(await readdir(join(outer, 'elsewhere'))).toEqual([])
  })

  it('may be behind a link that stays inside, and the folder itself may be one', async () => {
    await mkdir(join(folder, 'real'), { recursive: true })
    await symlink('real', join(folder, 'link'))
    const { path, realPath } = await prepare('link/a')
    expect([path, realPath]).toEqual([join(folder, 'link', 'a'), join(folder, 'real', 'a')])
    await symlink(folder, join(outer, 'other-way'))
    const other = await prepareTarget(join(outer, 'other-way'), 'real/b', false)
    expect(other.realPath).toBe(join(folder, 'real', 'b'))
  })

  it('never leaves the folder, whatever the name', async () => {
    await mkdir(join(folder, 'd'), { recursive: true })
    await symlink(outer, join(folder, 'up'))
    await symlink('..', join(folder, 'd', 'up'))
    const part = fc.constantFrom('..', '.', '', 'up', 'd', 'x', '\\', 'downloads')
    const name = fc.oneof(
      fc.array(part, { maxLength: 5 }).map((parts) => parts.join('/')),
      fc.string({ maxLength: 12 }),
    )
    await fc.assert(
      fc.asyncProperty(name, async (asked) => {
        const target = await prepare(asked, true).catch((error: { code: string }) => {
          expect(['INVALID_NAME', 'UNSAFE_TARGET', 'TARGET_EXISTS', 'DISK_ERROR']).toContain(error.code)
          return undefined
        })
        if (target === undefined) return
        const parent = await realpath(join(target.path, '..'))
        expect(`${parent}/`.startsWith(`${folder}/`)).toBe(true)
      }),
      { numRuns: 300 },
    )
    expect(await readdir(outer)).toEqual(['downloads'])
  })
})
