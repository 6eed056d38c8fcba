import { constants } from 'node:fs'
import { mkdtemp, open, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Bitfield } from '../../../src/content/bitfield.js'
import type { FileStamp } from '../../../src/content/file-stamp.js'
import { isAsLeft, Journal, type JournalRecord } from '../../../src/peer/download/journal.js'

const ROOT = 'A'.repeat(43)
const SIZE = 20 * 131_072 + 1
const STAMP: FileStamp = { size: SIZE, mtimeNs: 1_700_000_000_123_456_789n, ino: 2n ** 63n, dev: 7n }

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
  path = join(folder, 'journal')
})
afterEach(() => rm(folder, { recursive: true }))

function pieces(...numbers: number[]): Bitfield {
  const field = new Bitfield(21)
  for (const piece of numbers) field.add(piece)
  return field
}

async function write(of: Bitfield, stamp?: FileStamp): Promise<void> {
  const journal = await Journal.create(path, ROOT, SIZE)
  await journal.note(of, stamp)
  await journal.close()
}

async function read(): Promise<JournalRecord> {
  const record = await Journal.read(path)
  if (typeof record === 'string') throw new Error(`it is ${record}`)
  return record
}

/** What a record says, to be compared. */
const said = ({ pieces, ...rest }: JournalRecord) => ({ ...rest, pieces: pieces.toBytes().toString('hex') })

describe('a journal', () => {
  it('says what was noted last, and whether the download stopped in good order', async () => {
    await write(pieces(0, 7, 20), STAMP)
    const record = await read()
    expect(said(record)).toEqual({ root: ROOT, size: SIZE, stamp: STAMP, pieces: '810008' })
    expect(isAsLeft(record, STAMP)).toBe(true)
    expect(isAsLeft(record, { ...STAMP, mtimeNs: STAMP.mtimeNs + 1n })).toBe(false)
    await write(pieces(1))
    expect(said(await read())).toEqual({ root: ROOT, size: SIZE, stamp: undefined, pieces: '400000' })
    expect(isAsLeft(await read(), STAMP)).toBe(false)
  })

  it('is whole though the one before it was longer, and nobody has closed it', async () => {
    await write(pieces(0, 1, 2), STAMP)
    const journal = await Journal.create(path, ROOT, SIZE)
    await journal.note(pieces(3))
    expect(said(await read()).pieces).toBe('100000')
    await journal.close()
  })

  it('takes notes in the order in which they were made', async () => {
    const journal = await Journal.create(path, ROOT, SIZE)
    const field = pieces()
    const notes: Promise<void>[] = []
    for (let piece = 0; piece < 21; piece++) {
      field.add(piece)
      notes.push(journal.note(field))
    }
    await Promise.all(notes)
    expect((await read()).pieces.isComplete).toBe(true)
    await journal.close()
  })

  it('is none where there is none, and none is left when it is removed', async () => {
    expect(await Journal.read(path)).toBe('none')
    const journal = await Journal.create(path, ROOT, SIZE)
    await journal.note(pieces(1))
    await journal.remove()
    expect(await Journal.read(path)).toBe('none')
  })

  it('that was cut or altered anywhere is damaged, and never says anything else', async () => {
    await write(pieces(0, 7, 20), STAMP)
    const right = said(await read())
    const bytes = await readFile(path)
    const cut = fc.nat(bytes.length).map((length) => bytes.subarray(0, length))
    const flipped = fc
      .array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(7)), { minLength: 1, maxLength: 3 })
      .map((flips) => {
        const altered = Buffer.from(bytes)
        for (const [at, bit] of flips) altered[at] = (altered[at] ?? 0) ^ (1 << bit)
        return altered
      })
    const torn = fc.tuple(fc.nat(bytes.length), fc.uint8Array({ maxLength: 300 })).map(([at, tail]) => {
      return Buffer.concat([bytes.subarray(0, at), tail])
    })
    let damaged = 0
    let foreign = 0
    await fc.assert(
      fc.asyncProperty(fc.oneof(cut, flipped, torn), async (altered) => {
        await writeFile(path, altered)
        const record = await Journal.read(path)
        // White space at its end is no part of it.
        if (record === 'damaged') damaged++
        // Where its very beginning is another.
        else if (record === 'foreign') foreign++
        else expect(said(record as JournalRecord)).toEqual(right)
      }),
      { numRuns: 1_000 },
    )
    expect(damaged).toBeGreaterThan(700)
    expect(damaged + foreign).toBeGreaterThan(900)
  })

  it.each<[string, () => Promise<unknown>]>([
    ['nothing is in', () => writeFile(path, '')],
    ['was lost with the power', () => writeFile(path, Buffer.alloc(200))],
    ['a later version has written', () => writeFile(path, `${'0'.repeat(64)} {"version":2}\n`)],
    ['is a device', () => rm(path).then(() => symlink('/dev/null', path))],
  ])('that %s is not believed', async (what, make) => {
    await write(pieces(1))
    await make()
    if (what === 'is a device') await expect(Journal.read(path)).rejects.toMatchObject({ code: 'ELOOP' })
    else expect(await Journal.read(path)).toBe('damaged')
  })

  it.each<[string, () => Promise<unknown>]>([
    ['is too long', () => truncate(path, 64 * 1024 + 1)],
    [
      'somebody has written',
      () => writeFile(path, 'Dear diary, today I have downloaded a file. It was called "x".'),
    ],
  ])('that %s is nothing of ours', async (_what, make) => {
    await write(pieces(1))
    await make()
    expect(await Journal.read(path)).toBe('foreign')
  })

  it('is not written through a link', async () => {
    await writeFile(join(folder, 'mine'), 'mine')
    await symlink('mine', path)
    await expect(Journal.create(path, ROOT, SIZE)).rejects.toMatchObject({ code: 'ELOOP' })
    await expect(Journal.read(path)).rejects.toMatchObject({ code: 'ELOOP' })
    expect(await readFile(join(folder, 'mine'), 'utf8')).toBe('mine')
  })

  it('holds the pieces of the largest content', async () => {
    const most = 2 ** 18
    const journal = await Journal.create(path, ROOT, 2 ** 42)
    await journal.note(Bitfield.full(most), STAMP)
    await journal.close()
    expect((await read()).pieces.count).toBe(most)
  })

  it('leaves no file open', async () => {
    const before = await openFiles()
    await write(pieces(1), STAMP)
    await read()
    expect(await openFiles()).toBe(before)
  })
})

/** The number that the next open file gets: it grows when one is left open. */
async function openFiles(): Promise<number> {
  const file = await open('/dev/null', constants.O_RDONLY)
  try {
    return file.fd
  } finally {
    await file.close()
  }
}
