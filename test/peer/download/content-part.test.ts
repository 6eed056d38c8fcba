import {
  cp,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pieceHashOf } from '../../../src/content/content.js'
import { ContentLayout } from '../../../src/content/content-layout.js'
import { PieceHasher } from '../../../src/content/piece-hasher.js'
import { WriteThread } from '../../../src/content/write-thread.js'
import { ContentPart } from '../../../src/peer/download/content-part.js'
import { Journal } from '../../../src/peer/download/journal.js'
import type { Target } from '../../../src/peer/download/target.js'
import { TestContent } from '../../helpers/hostile-source.js'
import { ManualClock } from '../../helpers/manual-clock.js'
import { asNobody, failingWrites } from './disk-faults.js'

const PIECE = 131_072
const served = new TestContent(5 * PIECE + 1000)
const { root, layout, bytes } = served
const layer = served.content.pieces
const signal = new AbortController().signal

const clock = new ManualClock()
// One that does not run: the main thread writes.
const thread = new WriteThread()
let folder: string
let target: Target
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
  target = { path: join(folder, 'a'), partPath: join(folder, 'a.part') }
})
afterEach(() => rm(folder, { recursive: true }))

const openPart = (options: { overwrite?: boolean; at?: Target } = {}): Promise<ContentPart> =>
  ContentPart.open({
    target: options.at ?? target,
    overwrite: options.overwrite ?? false,
    root,
    layout,
    clock,
    thread,
  })

async function put(part: ContentPart, ...pieces: number[]): Promise<void> {
  for (const piece of pieces) {
    const start = layout.pieceStart(piece)
    await part.write(bytes.subarray(start, start + layout.pieceLength(piece)), start)
    await clock.advance(200)
    await part.add(piece)
  }
}

const piecesOf = ({ pieces }: ContentPart): number[] =>
  Array.from({ length: pieces.length }, (_, piece) => piece).filter((piece) => pieces.has(piece))

/** A copy of the folder as it is now: what is left when the process is killed here. */
async function killed(): Promise<Target> {
  const copy = await mkdtemp(join(folder, 'killed-'))
  for (const name of ['a', 'a.part', 'a.part.journal']) {
    await cp(join(folder, name), join(copy, name), { preserveTimestamps: true }).catch(() => {})
  }
  return { path: join(copy, 'a'), partPath: join(copy, 'a.part') }
}

describe('a part file', () => {
  it('becomes the file when all pieces are there', async () => {
    const part = await openPart()
    expect((await readdir(folder)).sort()).toEqual(['a.part', 'a.part.journal'])
    await put(part, 3, 1, 0, 2, 5, 4)
    await part.finish()
    expect(await readdir(folder)).toEqual(['a'])
    expect((await readFile(target.path)).equals(bytes)).toBe(true)
  })

  it('that was suspended is taken up without looking at its pieces again', async () => {
    const first = await openPart()
    await put(first, 3, 1)
    await first.suspend()
    const second = await openPart()
    expect(second.isChecked).toBe(true)
    expect(piecesOf(second)).toEqual([1, 3])
    await put(second, 0)
    await second.suspend()
    const third = await openPart()
    expect(third.isChecked).toBe(true)
    expect(piecesOf(third)).toEqual([0, 1, 3])
    await third.suspend()
  })

  it('that somebody has touched since is looked at', async () => {
    const first = await openPart()
    await put(first, 3, 1)
    await first.suspend()
    const part = await readFile(target.partPath)
    part.fill(0, 3 * PIECE, 3 * PIECE + 1)
    await writeFile(target.partPath, part)
    const second = await openPart()
    expect(second.isChecked).toBe(false)
    await second.check(layer, signal)
    expect(second.isChecked).toBe(true)
    expect(piecesOf(second)).toEqual([1])
    await second.suspend()
  })

  it('of a download that was killed is looked at, and all that is right counts', async () => {
    const part = await openPart()
    await put(part, 3, 1)
    await part.write(bytes.subarray(0, 1000), 0)
    const left = await killed()
    await part.suspend()
    const next = await openPart({ at: left })
    expect(next.isChecked).toBe(false)
    await next.check(layer, signal)
    expect(piecesOf(next)).toEqual([1, 3])
    await next.suspend()
  })

  it('of a download that was killed after it had been suspended once keeps its pieces', async () => {
    const first = await openPart()
    await put(first, 3, 1)
    await first.suspend()
    const second = await openPart()
    await put(second, 0)
    const left = await killed()
    await second.suspend()
    const third = await openPart({ at: left })
    expect(third.isChecked).toBe(false)
    await third.check(layer, signal)
    expect(piecesOf(third)).toEqual([0, 1, 3])
    await third.suspend()
  })

  it('of a download that was killed between two notes in the journal loses nothing that is right', async () => {
    const part = await openPart()
    await put(part, 0)
    for (const piece of [1, 4]) {
      const start = layout.pieceStart(piece)
      await part.write(bytes.subarray(start, start + PIECE), start)
      await part.add(piece)
    }
    expect(await Journal.read(`${target.partPath}.journal`)).toMatchObject({ pieces: { count: 1 } })
    const left = await killed()
    await part.suspend()
    const next = await openPart({ at: left })
    await next.check(layer, signal)
    expect(piecesOf(next)).toEqual([0, 1, 4])
    await next.suspend()
  })

  it('beside a file that is called like a journal and is none, is not begun', async () => {
    await writeFile(`${target.partPath}.journal`, 'Dear diary')
    await expect(openPart()).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
    expect(await readFile(`${target.partPath}.journal`, 'utf8')).toBe('Dear diary')
  })

  it('that was suspended before it was looked at is looked at the next time', async () => {
    const first = await openPart()
    await put(first, 3, 1)
    const left = await killed()
    await first.suspend()
    // The machine lost its power, and with it a write.
    const part = await readFile(left.partPath)
    part.fill(0, PIECE, 2 * PIECE)
    await writeFile(left.partPath, part)
    await (await openPart({ at: left })).suspend()
    const third = await openPart({ at: left })
    expect(third.isChecked).toBe(false)
    await third.check(layer, signal)
    expect(piecesOf(third)).toEqual([3])
    await third.suspend()
  })

  it('whose journal is damaged is looked through for all that is right', async () => {
    const part = await openPart()
    await put(part, 3, 1, 5)
    const left = await killed()
    await part.suspend()
    await truncate(`${left.partPath}.journal`, 40)
    const next = await openPart({ at: left })
    expect(next.isChecked).toBe(false)
    await next.check(layer, signal)
    expect(piecesOf(next)).toEqual([1, 3, 5])
    await next.suspend()
  })

  it('whose journal was all that there was when the process was killed is begun anew', async () => {
    const part = await openPart()
    await put(part, 3)
    const left = await killed()
    await part.suspend()
    await rm(left.partPath)
    const next = await openPart({ at: left })
    expect(piecesOf(next)).toEqual([])
    expect((await stat(left.partPath)).size).toBe(bytes.length)
    await next.suspend()
  })

  it('has a journal from the first moment on: without one it would be nobody’s', async () => {
    await mkdir(`${target.partPath}`)
    await expect(openPart()).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
    await rm(target.partPath, { recursive: true })
    await mkdir(`${target.partPath}.journal`)
    await expect(openPart()).rejects.toMatchObject({
      code: expect.stringMatching(/DISK_ERROR|TARGET_EXISTS/),
    })
    // No part file was made for which there is no journal.
    expect(await readdir(folder)).toEqual(['a.part.journal'])
  })

  it('of another content is begun anew, and what it held is given back to the disk', async () => {
    const part = await openPart()
    await put(part, 0, 1, 2, 3, 4, 5)
    await part.suspend()
    const other = new TestContent(3 * PIECE)
    const next = await ContentPart.open({
      target,
      overwrite: false,
      root: other.root,
      layout: other.layout,
      clock,
      thread,
    })
    expect(piecesOf(next)).toEqual([])
    expect(await stat(target.partPath)).toMatchObject({ size: 3 * PIECE, blocks: 0 })
    await next.suspend()
  })

  it('of no bytes is whole at once, also when it was killed', async () => {
    const empty = new TestContent(0)
    const open = (at: Target) =>
      ContentPart.open({
        target: at,
        overwrite: false,
        root: empty.root,
        layout: empty.layout,
        clock,
        thread,
      })
    const part = await open(target)
    const left = await killed()
    expect([part.isChecked, part.pieces.isComplete]).toEqual([true, true])
    await part.finish()
    const next = await open(left)
    expect([next.isChecked, next.pieces.isComplete]).toEqual([true, true])
    await next.finish()
    expect((await readFile(left.path)).length).toBe(0)
  })
})

describe('what is in the way of a part file', () => {
  it('is a file that no download has left, unless it may be overwritten', async () => {
    await writeFile(target.partPath, 'mine')
    await expect(openPart()).rejects.toMatchObject({
      code: 'TARGET_EXISTS',
      message: expect.stringContaining('no download has left it'),
    })
    expect(await readFile(target.partPath, 'utf8')).toBe('mine')
    expect(await readdir(folder)).toEqual(['a.part'])
    const part = await openPart({ overwrite: true })
    await put(part, 0, 1, 2, 3, 4, 5)
    await part.finish()
    expect((await readFile(target.path)).equals(bytes)).toBe(true)
  })

  it.each([false, true])('is a link, for it and for its journal, with overwrite %j', async (overwrite) => {
    await writeFile(join(folder, 'mine'), 'mine')
    await symlink('mine', `${target.partPath}.journal`)
    await expect(openPart({ overwrite })).rejects.toMatchObject({ code: 'UNSAFE_TARGET' })
    await rm(`${target.partPath}.journal`)
    await (await openPart()).suspend()
    await rm(target.partPath)
    await symlink('mine', target.partPath)
    await expect(openPart({ overwrite })).rejects.toMatchObject({ code: 'UNSAFE_TARGET' })
    await expect(ContentPart.clear(target)).resolves.toBeUndefined()
    expect(await readFile(join(folder, 'mine'), 'utf8')).toBe('mine')
  })

  it('is a file that has come under the final name: it stays, and the pieces too', async () => {
    const part = await openPart()
    await put(part, 0, 1, 2, 3, 4, 5)
    await writeFile(target.path, 'mine')
    await expect(part.finish()).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
    expect(await readFile(target.path, 'utf8')).toBe('mine')
    const next = await openPart()
    expect([next.isChecked, next.pieces.isComplete]).toEqual([true, true])
    await rm(target.path)
    await next.finish()
    expect((await readFile(target.path)).equals(bytes)).toBe(true)
  })
})

describe('a download that was killed at its last step', () => {
  it('is cleared away: the file is there', async () => {
    const part = await openPart()
    await put(part, 0, 1, 2, 3, 4, 5)
    await part.suspend()
    // Both names, before the first is taken away.
    await link(target.partPath, target.path)
    await ContentPart.clear(target)
    expect(await readdir(folder)).toEqual(['a'])
    expect((await readFile(target.path)).equals(bytes)).toBe(true)
    // What is not ours stays.
    await writeFile(target.partPath, 'mine')
    await ContentPart.clear(target)
    expect((await readdir(folder)).sort()).toEqual(['a', 'a.part'])
  })

  it('is never written to under its final name', async () => {
    const part = await openPart()
    await put(part, 0, 1, 2, 3, 4, 5)
    await part.suspend()
    await link(target.partPath, target.path)
    const other = new TestContent(5 * PIECE + 1000)
    const next = await ContentPart.open({
      target,
      overwrite: true,
      root: other.root,
      layout: other.layout,
      clock,
      thread,
    })
    await next.write(Buffer.alloc(1000, 7), 0)
    expect((await readFile(target.path)).equals(bytes)).toBe(true)
    await next.suspend()
  })
})

describe('the disk', () => {
  it('is asked for room before anything is made', async () => {
    const huge = new ContentLayout(2 ** 42)
    const opening = ContentPart.open({ target, overwrite: false, root, layout: huge, clock, thread })
    await expect(opening).rejects.toMatchObject({
      code: 'DISK_ERROR',
      retryable: true,
      message: expect.stringContaining('There is no room for 4398046511104 more bytes'),
    })
    expect(await readdir(folder)).toEqual([])
  })

  it('that is full leaves what is verified, and the download goes on when there is room again', async () => {
    const part = await openPart()
    await put(part, 1, 3)
    await failingWrites('ENOSPC', async () => {
      await expect(part.write(Buffer.alloc(10), 0)).rejects.toMatchObject({
        code: 'DISK_ERROR',
        message: expect.stringContaining('the disk is full'),
      })
      await clock.advance(200)
      await expect(part.add(0)).rejects.toMatchObject({ code: 'DISK_ERROR' })
      await part.suspend()
    })
    const next = await openPart()
    await next.check(layer, signal)
    expect(piecesOf(next)).toEqual([1, 3])
    await put(next, 0, 2, 4, 5)
    await next.finish()
    expect((await readFile(target.path)).equals(bytes)).toBe(true)
  })

  it('that may not be written to says so', async () => {
    const unwritable = join(folder, 'theirs')
    await mkdir(unwritable, { mode: 0o555 })
    const at = { path: join(unwritable, 'a'), partPath: join(unwritable, 'a.part') }
    const result = await asNobody(folder, () => openPart({ at }).catch((error: unknown) => error))
    expect(result).toMatchObject({
      code: 'DISK_ERROR',
      message: expect.stringContaining('this program may not write there'),
    })
  })

  it('is looked at no longer when the download is given up', async () => {
    const first = await openPart()
    await put(first, 1)
    const left = await killed()
    await first.suspend()
    const next = await openPart({ at: left })
    const aborted = new AbortController()
    aborted.abort(new Error('enough'))
    await expect(next.check(layer, aborted.signal)).rejects.toThrow()
    expect(next.isChecked).toBe(false)
    await next.suspend()
    const again = await openPart({ at: left })
    expect(again.isChecked).toBe(false)
    await again.check(layer, signal)
    expect(piecesOf(again)).toEqual([1])
    await again.suspend()
  })
})

describe('a thread that is ready', () => {
  it('writes instead, and tells the hashes', async () => {
    await using ready = await readyThread()
    const part = await ContentPart.open({
      target,
      overwrite: false,
      root,
      layout,
      clock,
      thread: ready.thread,
    })
    for (let piece = 0; piece < layout.pieceCount; piece++) {
      const start = layout.pieceStart(piece)
      const own = Buffer.allocUnsafeSlow(layout.pieceLength(piece))
      bytes.copy(own, 0, start)
      const written = await part.write(own, start)
      expect(own.length).toBe(0)
      const hasher = new PieceHasher(layout, piece)
      hasher.accept(written?.hashes ?? Buffer.alloc(0), layout.pieceLength(piece))
      expect(hasher.matches(pieceHashOf(layer, piece))).toBe(true)
      await part.add(piece)
    }
    await part.finish()
    expect((await readFile(target.path)).equals(bytes)).toBe(true)
  })

  it('fails as the main thread would', async () => {
    await using ready = await readyThread()
    const part = await ContentPart.open({
      target,
      overwrite: false,
      root,
      layout,
      clock,
      thread: ready.thread,
    })
    await part.suspend()
    await expect(part.write(Buffer.allocUnsafeSlow(1000), 0)).rejects.toMatchObject({ code: 'DISK_ERROR' })
  })
})

async function readyThread(): Promise<AsyncDisposable & { thread: WriteThread }> {
  const thread = new WriteThread()
  thread.start(2)
  while (!thread.isReady) await new Promise((resolve) => setImmediate(resolve))
  return { thread, [Symbol.asyncDispose]: () => thread.end() }
}
