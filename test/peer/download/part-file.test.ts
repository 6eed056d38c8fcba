import { mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PartFile } from '../../../src/peer/download/part-file.js'
import type { Target } from '../../../src/peer/download/target.js'

let folder: string
let target: Target
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
  target = { path: join(folder, 'a'), partPath: join(folder, 'a.part') }
})
afterEach(() => rm(folder, { recursive: true }))

async function fill(part: PartFile, ...texts: string[]): Promise<PartFile> {
  for (const text of texts) await part.append(Buffer.from(text))
  return part
}

describe.each([false, true])('a part file with overwrite %j', (overwrite) => {
  it('becomes the file when it is finished, and not before', async () => {
    const part = await fill(await PartFile.create(target, overwrite), 'one', 'two')
    expect(part.size).toBe(6)
    expect(await readdir(folder)).toEqual(['a.part'])
    await part.finish()
    expect(await readdir(folder)).toEqual(['a'])
    expect(await readFile(target.path, 'utf8')).toBe('onetwo')
  })

  it('leaves nothing when it is discarded', async () => {
    await (await fill(await PartFile.create(target, overwrite), 'one')).discard()
    expect(await readdir(folder)).toEqual([])
  })

  it('is not written through a link', async () => {
    await writeFile(join(folder, 'mine'), 'mine')
    await symlink('mine', target.partPath)
    await expect(PartFile.create(target, overwrite)).rejects.toMatchObject({
      code: expect.stringMatching(/TARGET_EXISTS|UNSAFE_TARGET/),
    })
    expect(await readFile(join(folder, 'mine'), 'utf8')).toBe('mine')
    expect(await readlink(target.partPath)).toBe('mine')
  })
})

describe('a part file', () => {
  it('does not take the place of a file that has come meanwhile', async () => {
    const part = await fill(await PartFile.create(target, false), 'new')
    await writeFile(target.path, 'mine')
    await expect(part.finish()).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
    await part.discard()
    expect(await readdir(folder)).toEqual(['a'])
    expect(await readFile(target.path, 'utf8')).toBe('mine')
  })

  it('takes it with overwrite, and a link there is replaced, not followed', async () => {
    await writeFile(join(folder, 'mine'), 'mine')
    await symlink('mine', target.path)
    await (await fill(await PartFile.create(target, true), 'new')).finish()
    expect(await readFile(target.path, 'utf8')).toBe('new')
    expect(await readFile(join(folder, 'mine'), 'utf8')).toBe('mine')
  })

  it('does not take over a file that happens to be called so', async () => {
    await writeFile(target.partPath, 'mine and longer')
    await expect(PartFile.create(target, false)).rejects.toMatchObject({
      code: 'TARGET_EXISTS',
      message: expect.stringContaining('a.part'),
    })
    expect(await readFile(target.partPath, 'utf8')).toBe('mine and longer')
    await (await fill(await PartFile.create(target, true), 'new')).finish()
    expect(await readFile(target.path, 'utf8')).toBe('new')
  })

  it('says where it cannot be made', async () => {
    const nowhere = { path: join(folder, 'none', 'a'), partPath: join(folder, 'none', 'a.part') }
    await expect(PartFile.create(nowhere, false)).rejects.toMatchObject({
      code: 'DISK_ERROR',
      message: expect.stringContaining('ENOENT'),
    })
  })
})
