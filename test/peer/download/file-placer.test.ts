import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ContentHasher } from '../../../src/content/content-hasher.js'
import { FilePlacer, type Placed, ROOM_BYTES } from '../../../src/peer/download/file-placer.js'
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

const rootOf = (bytes: Uint8Array): string =>
  new ContentHasher().update(bytes).digest().root.toString('base64url')

async function place(to: PreparedTarget, text: string, by = placer): Promise<Placed> {
  const bytes = Buffer.from(text)
  const room = by.take(bytes.length)
  if (room === undefined) throw new Error('there is no room')
  room.write(bytes, 0)
  try {
    return await room.place(to, rootOf(bytes))
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
    expect(placed).toEqual(names.map(() => 'placed'))
    for (const { path } of targets) expect(await readFile(path, 'utf8')).toBe(`file ${path}`)
    expect(await readdir(join(folder, 'even'))).toHaveLength(20)
    expect(await readdir(join(folder, 'odd', 'er'))).toHaveLength(20)
  })

  it('does not touch what stands there, also when it has come a moment ago', async () => {
    const to = await target('a')
    await writeFile(to.path, 'mine')
    expect(await place(to, 'theirs')).toBe('left')
    expect(await readFile(to.path, 'utf8')).toBe('mine')
    expect(await readdir(folder)).toEqual(['a'])
  })

  it('does not touch a file that is called as its part would be, nor write through a link there', async () => {
    const [a, b] = [await target('a'), await target('b')]
    await writeFile(a.partPath, 'mine')
    await symlink(join(folder, 'elsewhere'), b.partPath)
    expect(await Promise.all([place(a, 'theirs'), place(b, 'theirs')])).toEqual(['left', 'left'])
    expect(await readFile(a.partPath, 'utf8')).toBe('mine')
    expect((await readdir(folder)).sort()).toEqual(['a.part', 'b.part'])
  })

  it('writes nothing through a link that has come into the place of a folder', async () => {
    await mkdir(join(folder, 'outside'))
    const to = await target('in/a')
    await rename(join(folder, 'in'), join(folder, 'was'))
    await symlink(join(folder, 'outside'), join(folder, 'in'))
    expect(await place(to, 'theirs')).toBe('left')
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

  it('puts nothing there whose bytes are not those of the content, and the others nevertheless', async () => {
    const [a, b] = [await target('a'), await target('b')]
    const room = placer.take(4)
    room?.write(Buffer.from('thex'), 0)
    const wrong = room?.place(a, rootOf(Buffer.from('they')))
    expect([await wrong, await place(b, 'mine')]).toEqual(['wrong', 'placed'])
    expect(await readdir(folder)).toEqual(['b'])
  })

  it('verifies files of any length, which come in parts of any length', async () => {
    const lengths = [1, 16_383, 16_384, 16_385, 49_152, 70_000, ROOM_BYTES]
    for (const length of lengths) {
      const bytes = randomBytes(length)
      const room = placer.take(length)
      for (let at = 0; at < length; at += 7_001) room?.write(bytes.subarray(at, at + 7_001), at)
      expect(await room?.place(await target(`${length}`), rootOf(bytes))).toBe('placed')
      room?.release()
      expect((await readFile(join(folder, `${length}`))).equals(bytes)).toBe(true)
    }
  })

  it('leaves the files to others when it cannot run', async () => {
    const without = new FilePlacer(new URL('./no-such-worker.js', import.meta.url))
    expect(await place(await target('a'), 'a', without)).toBe('left')
    expect(without.take(1)).toBeUndefined()
    await without.close()
    expect(await readdir(folder)).toEqual([])
  })
})
