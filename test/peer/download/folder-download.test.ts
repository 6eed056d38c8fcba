import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type BitTrickleError,
  type Download,
  type DownloadedFile,
  MemoryStore,
  type NamePage,
  type SearchFilter,
  type TransferProgress,
} from '../../../src/index.js'
import { HurriedClock } from '../../helpers/hurried-clock.js'
import { TestNetwork, type TestPeer } from '../../helpers/network.js'

/** Puts files into a share folder, and publishes the folder. */
async function offer({ peer, write }: TestPeer, folder: string, files: Record<string, string | Buffer>) {
  for (const [name, bytes] of Object.entries(files)) await write(join(folder, name), bytes)
  return peer.publish(folder)
}

/** The paths of all files of a folder, sorted. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort()
}

/** The names that are sent from now on. */
function sentBy({ peer }: TestPeer): string[] {
  const names: string[] = []
  peer.on('upload', ({ name }) => names.push(name))
  return names
}

/** Resolves with the first progress that is as wanted. */
function when(download: Download, holds: (progress: TransferProgress) => boolean): Promise<TransferProgress> {
  return new Promise((resolve) => {
    download.on('progress', (progress) => {
      if (holds(progress)) resolve(progress)
    })
  })
}

const failure = (download: Download): Promise<BitTrickleError> =>
  download.done.then(
    () => {
      throw new Error('it did not fail')
    },
    (error) => error,
  )

describe('a folder', () => {
  it('of 300 small files arrives whole, over one connection', async () => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    const files: Record<string, Buffer> = {}
    for (let number = 0; number < 300; number++)
      files[`${number % 7}/${number}.bin`] = randomBytes(number * 11)
    const size = Object.values(files).reduce((sum, { length }) => sum + length, 0)
    await offer(hans, 'small', files)

    const connections = new Set<number>()
    const sent: string[] = []
    hans.peer.on('upload', ({ name, receiver }) => {
      sent.push(name)
      connections.add(receiver.port)
    })
    const seen: string[] = []
    const progress: TransferProgress[] = []
    const download = yoda.peer.get('small/')
    for (const event of ['started', 'source', 'sourceLost'] as const)
      download.on(event, () => seen.push(event))
    download.on('progress', (now) => progress.push(now))
    const got = await download.done

    const names = Object.keys(files)
      .map((name) => `small/${name}`)
      .sort()
    expect(got).toEqual({
      name: 'small/',
      path: join(yoda.downloadDir, 'small'),
      size,
      files: names.map((name) => ({
        name,
        path: join(yoda.downloadDir, name),
        size: files[name.slice('small/'.length)]?.length,
      })),
    })
    for (const [name, bytes] of Object.entries(files)) {
      expect((await yoda.read(`small/${name}`)).equals(bytes)).toBe(true)
    }
    expect(await filesIn(yoda.downloadDir)).toEqual(names)
    // The empty one has nothing to be sent.
    expect(sent.sort()).toEqual(names.filter((name) => name !== 'small/0/0.bin'))
    expect(connections.size).toBe(1)
    expect(seen.sort()).toEqual(['source', 'started'])
    expect(download.progress).toEqual({ transferred: size, size, files: { done: 300, total: 300 } })
    expect(progress.at(-1)).toEqual(download.progress)
    let least = 0
    for (const { transferred, files } of progress) {
      expect(transferred).toBeGreaterThanOrEqual(least)
      least = transferred
      if (files?.total !== undefined) expect(files.total).toBe(300)
    }
  }, 60_000)

  it('that is got again is fetched no more, but for what is missing or was cut short', async () => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await offer(hans, 'photos', { a: 'aaa', b: 'bbb', 'c/d': randomBytes(300_000) })
    await yoda.peer.get('photos/').done
    const path = join(yoda.downloadDir, 'photos', 'a')
    const { ino, mtimeMs } = await stat(path)
    const sent = sentBy(hans)
    const size = 300_006
    const again = yoda.peer.get('photos/')
    expect(await again.done).toMatchObject({ size, files: { length: 3 } })
    expect(again.progress).toEqual({ transferred: size, size, files: { done: 3, total: 3 } })
    expect(sent).toEqual([])
    await rm(join(yoda.downloadDir, 'photos', 'b'))
    expect(await yoda.peer.get('photos/').done).toMatchObject({ size, files: { length: 3 } })
    expect(sent).toEqual(['photos/b'])
    expect(await stat(path)).toMatchObject({ ino, mtimeMs })
  })

  it('is put where the caller wants it, or straight into the download folder', async () => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await offer(hans, 'photos', { a: 'aaa', 'b/c': 'bbb' })
    const { path, files } = await yoda.peer.get('photos/', { as: 'from hans/trip' }).done
    expect(path).toBe(join(yoda.downloadDir, 'from hans', 'trip'))
    expect(files?.map(({ name, path }) => [name, path])).toEqual([
      ['photos/a', join(path, 'a')],
      ['photos/b/c', join(path, 'b', 'c')],
    ])
    await yoda.peer.get('photos/b/', { as: 'only b/' }).done
    expect((await yoda.peer.get('photos/', { as: './' }).done).path).toBe(yoda.downloadDir)
    expect(await filesIn(yoda.downloadDir)).toEqual([
      'a',
      'b/c',
      'from hans/trip/a',
      'from hans/trip/b/c',
      'only b/c',
    ])
  })

  it('may be all that there is, or all of one user', async () => {
    await using network = await TestNetwork.start()
    const [hans, vader] = [await network.join('hans'), await network.join('vader')]
    const yoda = await network.join('yoda')
    await offer(hans, '.', { 'd/a': 'from hans', e: 'from hans' })
    await offer(vader, 'd', { a: 'from vader', f: 'from vader' })
    await offer(yoda, 'own', { g: 'from yoda' })
    const names = ({ files }: DownloadedFile) => files?.map(({ name }) => name)
    expect(names(await yoda.peer.get('./', { as: 'all' }).done)).toEqual(['d/a', 'd/f', 'e'])
    const ofVader = yoda.peer.get('./', { as: 'his', from: 'vader' })
    expect(names(await ofVader.done)).toEqual(['d/a', 'd/f'])
    expect(ofVader.progress).toMatchObject({ size: 20, files: { total: 2 } })
    expect(String(await yoda.read('his/d/a'))).toBe('from vader')
    expect(names(await yoda.peer.get('d/', { as: 'of hans', from: 'hans' }).done)).toEqual(['d/a'])
    expect(String(await yoda.read('of hans/a'))).toBe('from hans')
  })

  it('that nobody offers is not found, and leaves nothing', async () => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await offer(hans, 'photos', { a: 'aaa' })
    for (const name of ['none/', 'photos/a/', 'phot/']) {
      expect(await failure(yoda.peer.get(name))).toMatchObject({
        code: 'NOT_FOUND',
        retryable: true,
        message: expect.stringContaining(JSON.stringify(name)),
      })
    }
    expect(await failure(yoda.peer.get('photos/', { from: 'nobody' }))).toMatchObject({ code: 'NOT_FOUND' })
    // Of one's own there is nothing to fetch.
    expect(await failure(hans.peer.get('photos/'))).toMatchObject({ code: 'NOT_FOUND' })
    for (const name of ['/', '//', '../', 'a//', 'a/../', 'a\\/']) {
      expect(await failure(yoda.peer.get(name))).toMatchObject({ code: 'INVALID_NAME' })
    }
    expect(await failure(yoda.peer.get('photos/', { as: '../out' }))).toMatchObject({ code: 'INVALID_NAME' })
    expect(await failure(yoda.peer.get('photos/', { root: 'r'.repeat(42).concat('A') }))).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('"root"'),
    })
    await expect(readdir(yoda.downloadDir)).rejects.toThrow('ENOENT')
  })

  it('goes over the original protocol too', async () => {
    await using network = await TestNetwork.start({ peer: { protocol: 'classic' } })
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    const publication = await offer(hans, 'photos', { a: 'aaa', 'b/c': 'bbbbb' })
    expect(publication.files).toHaveLength(2)
    await offer(hans, 'old', { 'photos/d': 'no' })
    const download = yoda.peer.get('photos/')
    expect(await download.done).toMatchObject({ size: 8, files: [{ size: 3 }, { size: 5 }] })
    expect(download.progress).toEqual({ transferred: 8, size: 8, files: { done: 2, total: 2 } })
    expect(await filesIn(yoda.downloadDir)).toEqual(['photos/a', 'photos/b/c'])
    await hans.peer.unpublish('photos/')
    expect(await hans.peer.published()).toMatchObject([{ name: 'old/photos/d' }])
  })
})

describe('a folder of which some files cannot be had', () => {
  it('arrives but for those, and says which it were', async () => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await offer(hans, 'photos', { a: 'aaa', b: 'bbb', c: 'ccc', d: 'ddd' })
    await mkdir(join(yoda.downloadDir, 'photos', 'd'), { recursive: true })
    await writeFile(join(yoda.downloadDir, 'photos', 'b'), 'mine')
    await writeFile(join(yoda.downloadDir, 'photos', 'c'), 'ccc')
    const download = yoda.peer.get('photos/')
    const error = await failure(download)
    expect(error).toMatchObject({
      code: 'TARGET_EXISTS',
      retryable: false,
      message: expect.stringMatching(/^2 of 4 files below "photos\/" could not be fetched; the first: /),
    })
    expect(error.cause).toBeInstanceOf(AggregateError)
    const codes = (error.cause as AggregateError).errors.map(({ code }: BitTrickleError) => code)
    expect(codes).toEqual(['TARGET_EXISTS', 'TARGET_EXISTS'])
    expect(download.progress.files).toEqual({ done: 2, total: 4 })
    expect(String(await yoda.read('photos/a'))).toBe('aaa')
    expect(String(await yoda.read('photos/b'))).toBe('mine')
    await rm(join(yoda.downloadDir, 'photos', 'd'), { recursive: true })
    await yoda.peer.get('photos/', { overwrite: true }).done
    expect(String(await yoda.read('photos/b'))).toBe('bbb')
  })

  it('waits for a source that comes back', async () => {
    using clock = new HurriedClock()
    const options = { index: { store: new MemoryStore() }, peer: { clock } }
    await using network = await TestNetwork.start(options)
    const hans = await network.join('hans', { uploadRate: 40_000 })
    const yoda = await network.join('yoda')
    const files: Record<string, Buffer> = {}
    for (let number = 0; number < 20; number++) files[`${number}`] = randomBytes(10_000)
    await offer(hans, 'photos', files)
    const download = yoda.peer.get('photos/')
    const isLost = new Promise((resolve) => download.once('sourceLost', resolve))
    await when(download, ({ files }) => files !== undefined && files.done >= 2)
    await hans.peer.close()
    await isLost
    await network.join('hans')
    await download.done
    for (const [name, bytes] of Object.entries(files)) {
      expect((await yoda.read(`photos/${name}`)).equals(bytes)).toBe(true)
    }
  })

  it('is not followed out of the download folder by whatever the index names', async () => {
    class HostileStore extends MemoryStore {
      // As an index that knows no prefixes.
      override search({ prefix: _, ...filter }: SearchFilter): NamePage {
        return super.search(filter)
      }
    }
    const store = new HostileStore()
    await using network = await TestNetwork.start({ index: { store } })
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await offer(hans, 'photos', { a: 'aaa' })
    await offer(hans, 'other', { b: 'bbb' })
    const [{ root, size } = {}] = store.offers('photos/a')
    const content = root === undefined || size === undefined ? {} : { root, size }
    for (const name of ['photos/../../escaped', 'photos//etc', 'photos/', 'photos/.', 'photos/back\\slash']) {
      await store.publish({ username: 'hans', name, ...content, publishedAt: new Date() })
    }
    const error = await failure(yoda.peer.get('photos/'))
    expect(error).toMatchObject({ code: 'INVALID_NAME', message: expect.stringMatching(/^5 of 6 files/) })
    expect(await filesIn(join(network.folder, 'yoda'))).toEqual(
      expect.arrayContaining(['downloads/photos/a']),
    )
    expect(await filesIn(yoda.downloadDir)).toEqual(['photos/a'])
    expect((await filesIn(network.folder)).filter((path) => /escaped|etc|slash/.test(path))).toEqual([])
  })
})

describe('two names of a folder that are one file on this disk', () => {
  const files = { 'A/f': randomBytes(200_000), 'a/f': randomBytes(200_000) }

  // A link makes of the two folders what a disk does on which capitals do not count.
  async function start(network: TestNetwork) {
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await offer(hans, 'photos', files)
    await mkdir(join(yoda.downloadDir, 'photos', 'A'), { recursive: true })
    await symlink('A', join(yoda.downloadDir, 'photos', 'a'))
    return yoda
  }

  it.each([false, true])('do not spoil each other, overwrite: %s', async (overwrite) => {
    await using network = await TestNetwork.start()
    const yoda = await start(network)
    expect(await failure(yoda.peer.get('photos/', { overwrite }))).toMatchObject({
      code: 'TARGET_EXISTS',
      message: expect.stringMatching(/^1 of 2 files/),
    })
    expect(await filesIn(yoda.downloadDir)).toEqual(['photos/A/f'])
    const bytes = await yoda.read('photos/A/f')
    expect(bytes.equals(files['A/f']) || bytes.equals(files['a/f'])).toBe(true)
  })

  it('are two where the disk tells them apart', async () => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await offer(hans, 'photos', files)
    const isOneFile = (await readdir(join(hans.shareDir, 'photos'))).length === 1
    await yoda.peer.get('photos/', { overwrite: true }).done
    expect(await filesIn(yoda.downloadDir)).toHaveLength(isOneFile ? 1 : 2)
    for (const [name, bytes] of Object.entries(files)) {
      if (!isOneFile) expect((await yoda.read(`photos/${name}`)).equals(bytes)).toBe(true)
    }
  })

  it('nor does a name that is the part file of another one', async () => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    const all = new Map(['x', 'x.part', 'x.part.journal'].map((name) => [name, randomBytes(150_000)]))
    for (const [name, bytes] of all) {
      await hans.write(`d/${name}`, bytes)
      await hans.peer.publish(`d/${name}`)
    }
    // Whichever comes first may be in the way of another.
    const { files = [] } = await yoda.peer.get('d/').done.catch(() => ({ files: [] }))
    const arrived = await filesIn(join(yoda.downloadDir, 'd'))
    expect(arrived.length).toBeGreaterThan(0)
    if (files.length > 0) expect(arrived).toEqual([...all.keys()])
    for (const name of arrived) {
      expect((await yoda.read(`d/${name}`)).equals(all.get(name) as Buffer)).toBe(true)
    }
  })
})

describe('the download of a folder', () => {
  const many: Record<string, Buffer> = {}
  for (let number = 0; number < 100; number++) many[`${number}`] = randomBytes(20_000)

  it('fetches nothing while it is paused, and goes on', async () => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await offer(hans, 'photos', many)
    const asked: string[] = []
    network.index.on('locate', ({ name }) => asked.push(name))
    const download = yoda.peer.get('photos/')
    download.pause()
    const listed = await when(download, ({ files }) => files?.total === 100)
    expect(listed).toMatchObject({ transferred: 0, size: 2_000_000, files: { done: 0 } })
    await yoda.peer.peers()
    expect(asked).toEqual([])
    download.resume()
    expect(await download.done).toMatchObject({ size: 2_000_000 })
  })

  it.each(['cancel', 'signal'])('is given up by %s, and what has arrived stays', async (how) => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await offer(hans, 'photos', many)
    const giveUp = new AbortController()
    const download = yoda.peer.get('photos/', { signal: giveUp.signal })
    await when(download, ({ files }) => files !== undefined && files.done >= 5)
    if (how === 'cancel') download.cancel()
    else giveUp.abort()
    expect(await failure(download)).toMatchObject({ code: 'ABORTED' })
    const arrived = (await filesIn(yoda.downloadDir)).filter((name) => !/\.(part|journal)$/.test(name))
    expect(arrived.length).toBeGreaterThanOrEqual(5)
    const sent = sentBy(hans)
    expect((await yoda.peer.get('photos/').done).files).toHaveLength(100)
    // Of some, all had come but the last word.
    expect(sent.length).toBeLessThanOrEqual(100 - arrived.length)
    expect(sent.filter((name) => arrived.includes(name))).toEqual([])
  })

  it('fails while it is paused, too', async () => {
    class BrokenStore extends MemoryStore {
      override search(filter: SearchFilter): NamePage {
        if (filter.after !== undefined) throw new Error('no second page')
        return super.search(filter)
      }
    }
    await using network = await TestNetwork.start({ index: { store: new BrokenStore() } })
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await offer(hans, 'photos', many)
    const download = yoda.peer.get('photos/')
    download.pause()
    expect(await failure(download)).toMatchObject({ code: 'INTERNAL' })
  })

  it('can be given up while it is paused', async () => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await offer(hans, 'photos', { a: 'aaa' })
    const download = yoda.peer.get('photos/')
    download.pause()
    await when(download, ({ files }) => files?.total === 1)
    download.cancel()
    expect(await failure(download)).toMatchObject({ code: 'ABORTED' })
  })

  it('excludes another one of the same folder, but not one of a file in it', async () => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await offer(hans, 'photos', many)
    const file = yoda.peer.get('photos/7')
    // Of two that begin at once, either may be the first to take the file.
    await new Promise<void>((resolve) => file.once('started', resolve))
    const download = yoda.peer.get('photos/')
    expect(await failure(yoda.peer.get('photos/'))).toMatchObject({ code: 'TARGET_BUSY', retryable: true })
    expect(await failure(yoda.peer.get('photos/7', { as: 'photos' }))).toMatchObject({
      code: expect.stringMatching(/^TARGET_(EXISTS|BUSY)$/),
    })
    expect((await download.done).files).toHaveLength(100)
    await file.done
    await yoda.peer.get('photos/').done
  })

  it('waits when the index grants no more requests at once, and so does publishing', async () => {
    const limits = { requestsPerSecond: 2 }
    const heartbeat = { interval: 60_000, timeout: 120_000 }
    await using network = await TestNetwork.start({ index: { limits, heartbeat } })
    const limited = new Set<string | undefined>()
    network.index.on('limited', ({ username }) => limited.add(username))
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    // The index grants eight at once, and a login takes two of them. Names so long are asked for one by one.
    const folder = `${'far/'.repeat(90)}off`
    const ten = Object.fromEntries(
      Object.entries(many)
        .slice(0, 10)
        .map(([name, bytes]) => [`${folder}/${name}`, bytes]),
    )
    expect((await offer(hans, 'photos', ten)).files).toHaveLength(10)
    expect((await yoda.peer.get('photos/').done).files).toHaveLength(10)
    expect([...limited].sort()).toEqual(['hans', 'yoda'])
  })

  it('ends with the session', async () => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await offer(hans, 'photos', many)
    const download = yoda.peer.get('photos/')
    download.pause()
    await when(download, ({ files }) => files?.total === 100)
    const isOffline = new Promise((resolve) => yoda.peer.once('offline', resolve))
    network.index.disconnect('yoda')
    await isOffline
    download.resume()
    expect(await failure(download)).toMatchObject({
      code: 'NOT_LOGGED_IN',
      // Not for each of the files.
      message: expect.not.stringContaining('files'),
    })
    expect(await failure(yoda.peer.get('photos/'))).toMatchObject({ code: 'NOT_LOGGED_IN' })
    expect(await readFile(join(hans.shareDir, 'photos', '0'))).toHaveLength(20_000)
  })
})
