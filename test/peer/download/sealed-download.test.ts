import { randomBytes } from 'node:crypto'
import { open, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Download, LostSource, SourceRecord } from '../../../src/index.js'
import { TestNetwork, type TestPeer } from '../../helpers/network.js'

const MEGABYTE = 1024 * 1024

/** Resolves when so many bytes have come. */
function reached(download: Download, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    download.on('progress', ({ transferred }) => {
      if (transferred >= bytes) resolve()
    })
  })
}

// A time that can be put back exactly.
const WRITTEN_AT = new Date(Date.UTC(2026, 0, 1))

async function offer({ peer, write, shareDir }: TestPeer, name: string, bytes: Buffer): Promise<void> {
  await write(name, bytes)
  await utimes(join(shareDir, name), WRITTEN_AT, WRITTEN_AT)
  await peer.publish(name)
}

/** Alters bytes of a file without a trace in its stamp, as a broken disk does. */
async function rot(path: string, position: number): Promise<void> {
  const file = await open(path, 'r+')
  await file.write(randomBytes(64), 0, 64, position)
  await file.close()
  await utimes(path, WRITTEN_AT, WRITTEN_AT)
}

describe('a download from several sources', () => {
  it('takes pieces from each, whatever they call it', async () => {
    await using network = await TestNetwork.start()
    const bytes = randomBytes(24 * MEGABYTE + 12_345)
    const slow = { uploadRate: 40 * MEGABYTE }
    const [hans, vader] = [await network.join('hans', slow), await network.join('vader', slow)]
    const yoda = await network.join('yoda')
    await offer(hans, 'a.bin', bytes)
    await offer(vader, 'another name.bin', bytes)
    const uploads: string[] = []
    hans.peer.on('upload', (upload) => uploads.push(`hans ${upload.name}`))
    vader.peer.on('upload', (upload) => uploads.push(`vader ${upload.name}`))
    const seen: (string | undefined)[] = []
    const download = yoda.peer.get('a.bin')
    download.on('source', ({ username }: SourceRecord) => seen.push(username))
    expect(await download.done).toMatchObject({ size: bytes.length })
    expect((await yoda.read('a.bin')).equals(bytes)).toBe(true)
    expect(seen.sort()).toEqual(['hans', 'vader'])
    expect(uploads.sort()).toEqual(['hans a.bin', 'vader another name.bin'])
    expect(await readdir(yoda.downloadDir)).toEqual(['a.bin'])
  })

  it('drops a source that sends a wrong piece, and takes nothing wrong', async () => {
    await using network = await TestNetwork.start()
    const bytes = randomBytes(8 * MEGABYTE)
    const [hans, vader, yoda] = [
      await network.join('hans'),
      await network.join('vader'),
      await network.join('yoda'),
    ]
    await offer(hans, 'a.bin', bytes)
    await offer(vader, 'a.bin', bytes)
    for (let at = 0; at < bytes.length; at += 100_000) await rot(join(vader.shareDir, 'a.bin'), at)
    const lost: LostSource[] = []
    const download = yoda.peer.get('a.bin')
    download.on('sourceLost', (source) => lost.push(source))
    await download.done
    expect((await yoda.read('a.bin')).equals(bytes)).toBe(true)
    expect(lost.map(({ source, reason }) => [source.username, (reason as { code?: string }).code])).toEqual([
      ['vader', 'CONTENT_MISMATCH'],
    ])
  })
})

describe('many downloads at a time from one source', () => {
  it('share one connection, and ask for no more than it answers', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    const yoda = await network.join('yoda')
    const files = new Map<string, Buffer>()
    for (let count = 0; count < 40; count++) files.set(`${count}.bin`, randomBytes(12 * 131_072 + count))
    for (const [name, bytes] of files) await offer(hans, name, bytes)
    const ports = new Set<number>()
    hans.peer.on('upload', ({ receiver }) => ports.add(receiver.port))
    await Promise.all([...files.keys()].map((name) => yoda.peer.get(name).done))
    for (const [name, bytes] of files) expect((await yoda.read(name)).equals(bytes)).toBe(true)
    expect(ports.size).toBe(1)
  })
})

describe('a download that was cut short', () => {
  it('goes on where it was, and needs only the rest', async () => {
    await using network = await TestNetwork.start()
    const bytes = randomBytes(16 * MEGABYTE)
    const hans = await network.join('hans', { uploadRate: 16 * MEGABYTE })
    const yoda = await network.join('yoda')
    await offer(hans, 'a.bin', bytes)
    const first = yoda.peer.get('a.bin')
    await reached(first, 4 * MEGABYTE)
    first.cancel()
    await expect(first.done).rejects.toMatchObject({ code: 'ABORTED' })
    expect((await readdir(yoda.downloadDir)).sort()).toEqual(['a.bin.part', 'a.bin.part.journal'])

    const second = yoda.peer.get('a.bin')
    const begins = new Promise<number>((resolve) => {
      second.on('progress', ({ transferred }) => resolve(transferred))
    })
    // What was on its way when it was cut is lost: pieces of 128 KiB, a few of them.
    expect(await begins).toBeGreaterThan(2 * MEGABYTE)
    await second.done
    expect((await yoda.read('a.bin')).equals(bytes)).toBe(true)
  })

  it('trusts nothing in a part file that somebody has altered', async () => {
    await using network = await TestNetwork.start()
    const bytes = randomBytes(8 * MEGABYTE)
    const hans = await network.join('hans', { uploadRate: 16 * MEGABYTE })
    const yoda = await network.join('yoda')
    await offer(hans, 'a.bin', bytes)
    const first = yoda.peer.get('a.bin')
    await reached(first, 4 * MEGABYTE)
    first.cancel()
    await first.done.catch(() => {})
    const part = await readFile(join(yoda.downloadDir, 'a.bin.part'))
    part.fill(7, 0, 3 * MEGABYTE)
    await writeFile(join(yoda.downloadDir, 'a.bin.part'), part)
    await yoda.peer.get('a.bin').done
    expect((await yoda.read('a.bin')).equals(bytes)).toBe(true)
  })
})

describe('what is fetched', () => {
  it.each([0, 1, 16_384, 16_385, 131_072, 131_073, 1_000_000])('arrives whole: %i bytes', async (size) => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    const bytes = randomBytes(size)
    await offer(hans, 'a.bin', bytes)
    expect(await yoda.peer.get('a.bin').done).toMatchObject({ size })
    expect((await yoda.read('a.bin')).equals(bytes)).toBe(true)
  })
})
