import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FilePlacer, ROOM_BYTES } from '../../../src/peer/download/file-placer.js'
import { type PreparedTarget, prepareTarget } from '../../../src/peer/download/target.js'

let folder: string
let placer: FilePlacer
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'bittrickle-')))
  placer = new FilePlacer()
})
afterEach(async () => {
  await placer.close()
  await rm(folder, { recursive: true })
})

const target = (name: string): Promise<PreparedTarget> => prepareTarget(folder, name, true)

async function place(to: PreparedTarget, text: string, by = placer): Promise<boolean> {
  const room = by.take(text.length)
  if (room === undefined) throw new Error('there is no room')
  room.bytes.write(text)
  try {
    return await room.place(to)
  } finally {
    room.release()
  }
}

describe('the thread that puts small files in their places', () => {
  it('puts many of them there at once, in several folders, and leaves nothing else', async () => {
    const names = Array.from(
      { length: 40 },
      (_, number) => `${number % 2 === 0 ? 'even' : 'odd/er'}/${number}`,
    )
    const targets = await Promise.all(names.map(target))
    const placed = await Promise.all(targets.map((to) => place(to, `file ${to.path}`)))
    expect(placed.every(Boolean)).toBe(true)
    for (const { path } of targets) expect(await readFile(path, 'utf8')).toBe(`file ${path}`)
    expect(await readdir(join(folder, 'even'))).toHaveLength(20)
    expect(await readdir(join(folder, 'odd', 'er'))).toHaveLength(20)
  })

  it('does not touch what stands there, also when it has come a moment ago', async () => {
    const to = await target('a')
    await writeFile(to.path, 'mine')
    expect(await place(to, 'theirs')).toBe(false)
    expect(await readFile(to.path, 'utf8')).toBe('mine')
    expect(await readdir(folder)).toEqual(['a'])
  })

  it('does not touch a file that is called as its part would be, nor write through a link there', async () => {
    const [a, b] = [await target('a'), await target('b')]
    await writeFile(a.partPath, 'mine')
    await symlink(join(folder, 'elsewhere'), b.partPath)
    expect(await Promise.all([place(a, 'theirs'), place(b, 'theirs')])).toEqual([false, false])
    expect(await readFile(a.partPath, 'utf8')).toBe('mine')
    expect((await readdir(folder)).sort()).toEqual(['a.part', 'b.part'])
  })

  it('writes nothing through a link that has come into the place of a folder', async () => {
    await mkdir(join(folder, 'outside'))
    const to = await target('in/a')
    await rename(join(folder, 'in'), join(folder, 'was'))
    await symlink(join(folder, 'outside'), join(folder, 'in'))
    expect(await place(to, 'theirs')).toBe(false)
    expect(await readdir(join(folder, 'outside'))).toEqual([])
    expect(await readdir(join(folder, 'was'))).toEqual([])
  })

  it('has room for so many, and none for a long one', async () => {
    expect(placer.take(ROOM_BYTES + 1)).toBeUndefined()
    const rooms = Array.from({ length: 128 }, () => placer.take(ROOM_BYTES))
    expect(rooms).not.toContain(undefined)
    expect(placer.take(1)).toBeUndefined()
    rooms[5]?.release()
    expect(placer.take(1)).toBeDefined()
  })

  it('takes no more memory than a file needs, and gives a larger one what it needs', async () => {
    const own = new FilePlacer()
    const small = own.take(5)
    expect(small?.bytes.buffer.byteLength).toBe(4096)
    small?.release()
    expect(own.take(5000)?.bytes).toHaveLength(5000)
    await own.close()
  })

  it('leaves the files to others when it cannot run', async () => {
    const without = new FilePlacer(new URL('./no-such-worker.js', import.meta.url))
    expect(await place(await target('a'), 'a', without)).toBe(false)
    expect(without.take(1)).toBeUndefined()
    await without.close()
    expect(await readdir(folder)).toEqual([])
  })
})
