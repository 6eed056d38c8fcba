import { mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.js'
import { type CatalogueEntry, MemoryStore, type NamePage, type SearchFilter } from '../../../src/index.js'
import { Download } from '../../../src/peer/download/download.js'
import { Downloader } from '../../../src/peer/download/downloader.js'
import { SourceChannels } from '../../../src/peer/download/source-channels.js'
import { RateLimit } from '../../../src/peer/rate-limit.js'
import { RequestPace } from '../../../src/peer/request-pace.js'
import { makeCertificate } from '../../../src/transfer/certificate.js'
import { TestContent } from '../../helpers/hostile-source.js'
import { TestNetwork, type TestPeer } from '../../helpers/network.js'

const NAMES = [
  '../x',
  'a/../../x',
  '/etc/cron.d/x',
  'C:\\x',
  '..\\x',
  'a\0b',
  'a\u001b[2Jb',
  '.',
  '..',
  'a//b',
  'a/',
  'e\u0301',
  'x'.repeat(513),
  '\ud800',
]

/** A catalogue that finds whatever a hostile index likes, and stands by it. */
class HostileStore extends MemoryStore {
  override offers(name: string): readonly CatalogueEntry[] {
    return super.offers('x').map((offer) => ({ ...offer, name }))
  }

  override search({ after }: SearchFilter): NamePage {
    // What did not fit one answer is not asked for again.
    if (after !== undefined) return { names: [] }
    return { names: NAMES.filter((name) => Buffer.byteLength(name) <= 512 && name !== '\ud800') }
  }
}

/** All files of a peer, and of the folder around it. */
async function everything({ downloadDir }: TestPeer): Promise<string[]> {
  return (await readdir(join(downloadDir, '..'), { recursive: true })).sort()
}

describe('an index that names what is no name', () => {
  it('gets nothing written, wherever the name comes from', async () => {
    await using network = await TestNetwork.start({ index: { store: new HostileStore() } })
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await hans.write('x', 'x')
    await hans.peer.publish('x')
    const before = await everything(yoda)
    const found: string[] = []
    for await (const { name } of yoda.peer.search('x')) found.push(name)
    expect(found.length).toBeGreaterThan(5)
    for (const name of [...found, ...NAMES]) {
      for (const options of [{}, { overwrite: true }]) {
        await expect(yoda.peer.get(name, options).done).rejects.toMatchObject({ code: 'INVALID_NAME' })
      }
      await expect(yoda.peer.get('x', { as: name }).done).rejects.toMatchObject({ code: 'INVALID_NAME' })
    }
    expect(await everything(yoda)).toEqual(before)
  })
})

describe('an index that vouches for another content than was asked for', () => {
  it('is not believed', async () => {
    await using network = await TestNetwork.start()
    const [wanted, other] = [new TestContent(1000), new TestContent(1000)]
    const certificate = await makeCertificate()
    const channels = new SourceChannels({ clock: systemClock, certificate: async () => certificate })
    const downloader = new Downloader({
      folder: network.folder,
      rate: new RateLimit(undefined),
      clock: systemClock,
      channels,
      locateSoon: async () => undefined,
      list: async function* () {},
      pace: new RequestPace(systemClock),
      onWarning: () => {},
      locate: async () => ({ sources: [], root: other.root, size: 1000, ticket: 'a.b.c' }),
    })
    const download = new Download('a', (control) =>
      downloader.run({ name: 'a', as: 'a', overwrite: false, control, root: wanted.root }),
    )
    await expect(download.done).rejects.toMatchObject({ code: 'INVALID_REPLY' })
    await channels.close()
  })
})

describe('a link in the download folder', () => {
  const setUp = async (
    network: TestNetwork,
    size = 7,
  ): Promise<{ yoda: TestPeer; outside: string; mine: string }> => {
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await hans.write('folder/a.bin', 'content')
    await hans.peer.publish('folder/a.bin')
    await hans.write('a.bin', Buffer.alloc(size, 'content'))
    await hans.peer.publish('a.bin')
    const outside = join(network.folder, 'outside')
    await mkdir(outside)
    await mkdir(yoda.downloadDir, { recursive: true })
    const mine = join(outside, 'mine')
    await writeFile(mine, 'mine')
    return { yoda, outside, mine }
  }

  // What has one piece has no journal.
  it.each([
    ['a.bin', 7],
    ['a.bin.part', 7],
    ['a.bin', 200_000],
    ['a.bin.part', 200_000],
    ['a.bin.part.journal', 200_000],
  ])('that leads out is not written through: %s, of a file of %i bytes', async (name, size) => {
    await using network = await TestNetwork.start()
    const { yoda, outside, mine } = await setUp(network, size)
    await symlink(mine, join(yoda.downloadDir, name))
    await expect(yoda.peer.get('a.bin').done).rejects.toMatchObject({
      code: expect.stringMatching(/^(TARGET_EXISTS|UNSAFE_TARGET)$/),
    })
    const again = yoda.peer.get('a.bin', { overwrite: true })
    // A file may be put in the place of a link; what is behind it is not touched.
    if (name === 'a.bin') expect(await again.done).toMatchObject({ size })
    else await expect(again.done).rejects.toMatchObject({ code: 'UNSAFE_TARGET' })
    expect(await readFile(mine, 'utf8')).toBe('mine')
    expect(await readdir(outside)).toEqual(['mine'])
    if (name !== 'a.bin') expect(await readlink(join(yoda.downloadDir, name))).toBe(mine)
  })

  it('that is one of the folders in the name is not gone through when it leads out', async () => {
    await using network = await TestNetwork.start()
    const { yoda, outside } = await setUp(network)
    await symlink(outside, join(yoda.downloadDir, 'folder'))
    for (const overwrite of [false, true]) {
      await expect(yoda.peer.get('folder/a.bin', { overwrite }).done).rejects.toMatchObject({
        code: 'UNSAFE_TARGET',
      })
    }
    expect(await readdir(outside)).toEqual(['mine'])
  })
})
