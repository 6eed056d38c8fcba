import { writeFileSync } from 'node:fs'
import { appendFile, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EventEmitter } from 'eventemitter3'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { HashPool } from '../../../../src/content/hash-pool.js'
import { MemoryStore, type Peer, type SharedFolder, type SharedFolderEvents } from '../../../../src/index.js'
import { HurriedClock } from '../../../helpers/hurried-clock.js'
import { ManualClock } from '../../../helpers/manual-clock.js'
import { TestNetwork, type TestPeer } from '../../../helpers/network.js'

// Files are settled at once, unless the test is about that.
const AT_ONCE = { stableFor: 0 }
const LONG_AGO = new Date(2020, 0, 1)

/** What comes with the next event. */
function next<Name extends keyof SharedFolderEvents>(
  shared: SharedFolder,
  event: Name,
): Promise<Parameters<SharedFolderEvents[Name]>[0]> {
  return new Promise((resolve) => {
    // The emitter's types do not follow a name that is a parameter.
    ;(shared as EventEmitter).once(event, resolve)
  })
}

const namesOf = async (peer: Peer): Promise<string[]> => (await peer.published()).map(({ name }) => name)

/** Waits until this is what is published: after each batch it may be. */
async function untilPublished(
  { peer }: TestPeer,
  shared: SharedFolder,
  names: readonly string[],
): Promise<void> {
  for (;;) {
    const batch = next(shared, 'batch')
    if (JSON.stringify(await namesOf(peer)) === JSON.stringify(names)) return
    await batch
  }
}

function warningsOf({ peer }: TestPeer): string[] {
  const messages: string[] = []
  peer.on('warning', ({ message }) => messages.push(message))
  return messages
}

const watches = (): number =>
  process.getActiveResourcesInfo().filter((kind) => kind.startsWith('FSEvent')).length

afterEach(() => {
  vi.restoreAllMocks()
})

describe('a shared folder', () => {
  it('is published, and follows what comes, changes, moves and goes', async () => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await hans.write('photos/a.jpg', 'a')
    await hans.write('photos/2024/b.jpg', 'b')
    await hans.write('other.txt', 'other')
    await using shared = await hans.peer.share('photos', AT_ONCE)
    expect(shared.name).toBe('photos/')
    expect(shared.path).toBe(join(hans.shareDir, 'photos'))
    expect(await namesOf(hans.peer)).toEqual(['photos/2024/b.jpg', 'photos/a.jpg'])

    await hans.write('photos/c.jpg', 'c')
    await untilPublished(hans, shared, ['photos/2024/b.jpg', 'photos/a.jpg', 'photos/c.jpg'])

    const changed = next(shared, 'published')
    await hans.write('photos/a.jpg', 'longer')
    expect(await changed).toEqual({ name: 'photos/a.jpg', path: join(hans.shareDir, 'photos', 'a.jpg') })
    await yoda.peer.get('photos/a.jpg').done
    expect(String(await yoda.read('photos/a.jpg'))).toBe('longer')

    await rename(join(hans.shareDir, 'photos', 'c.jpg'), join(hans.shareDir, 'photos', '2024', 'd.jpg'))
    await untilPublished(hans, shared, ['photos/2024/b.jpg', 'photos/2024/d.jpg', 'photos/a.jpg'])

    await rename(join(hans.shareDir, 'photos', '2024'), join(hans.shareDir, 'photos', '2025'))
    await untilPublished(hans, shared, ['photos/2025/b.jpg', 'photos/2025/d.jpg', 'photos/a.jpg'])

    const gone = next(shared, 'unpublished')
    await rm(join(hans.shareDir, 'photos', 'a.jpg'))
    expect(await gone).toBe('photos/a.jpg')
    await rm(join(hans.shareDir, 'photos', '2025'), { recursive: true })
    await untilPublished(hans, shared, [])
    expect(shared.skipped).toEqual([])
  })

  it('hears of files in folders that come later, and in folders that take the place of others', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    await hans.write('d/old/a', 'a')
    await using shared = await hans.peer.share('d', AT_ONCE)
    await hans.write('d/new/deep/b', 'b')
    await untilPublished(hans, shared, ['d/new/deep/b', 'd/old/a'])
    await hans.write('d/new/deep/c', 'c')
    await untilPublished(hans, shared, ['d/new/deep/b', 'd/new/deep/c', 'd/old/a'])
    await rename(join(hans.shareDir, 'd', 'new'), join(hans.shareDir, 'd', 'away'))
    await hans.write('d/new/x', 'x')
    await untilPublished(hans, shared, ['d/away/deep/b', 'd/away/deep/c', 'd/new/x', 'd/old/a'])
    await hans.write('d/new/y', 'y')
    await hans.write('d/away/deep/z', 'z')
    await untilPublished(hans, shared, [
      'd/away/deep/b',
      'd/away/deep/c',
      'd/away/deep/z',
      'd/new/x',
      'd/new/y',
      'd/old/a',
    ])
    await rm(join(hans.shareDir, 'd', 'new'), { recursive: true })
    await hans.write('d/new', 'a file now')
    await untilPublished(hans, shared, [
      'd/away/deep/b',
      'd/away/deep/c',
      'd/away/deep/z',
      'd/new',
      'd/old/a',
    ])
  })

  it('publishes what was only moved without reading it again', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    for (const name of ['a', 'b', 'c']) {
      await hans.write(`d/one/${name}`, name.repeat(1_000))
      await utimes(join(hans.shareDir, 'd', 'one', name), LONG_AGO, LONG_AGO)
    }
    await using shared = await hans.peer.share('d', AT_ONCE)
    const hash = vi.spyOn(HashPool.prototype, 'hash')
    await rename(join(hans.shareDir, 'd', 'one'), join(hans.shareDir, 'd', 'two'))
    await untilPublished(hans, shared, ['d/two/a', 'd/two/b', 'd/two/c'])
    expect(hash).not.toHaveBeenCalled()
  })
})

describe('what a shared folder leaves out', () => {
  it('is what the patterns say, what is usual, unfinished downloads and the state folder', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.makePeer('hans', { stateDir: join(network.folder, 'hans', 'share', 'state') })
    await hans.peer.login()
    const good = ['a.jpg', 'drafts.txt', 'sub/a.part.txt', 'sub/drafts/c']
    const bad = ['.git/config', 'sub/.hidden', 'a~', '~$a.doc', 'b.jpg.part', 'b.jpg.part.journal', 'x.tmp']
    const named = ['a.log', 'sub/b.log', 'node_modules/p/index.js', 'sub/node_modules/q', 'drafts/d']
    for (const path of [...good, ...bad, ...named]) await hans.write(path, path)
    const ignore = ['*.log', 'node_modules/', '/drafts/**']
    await using shared = await hans.peer.share('.', { ...AT_ONCE, ignore })
    expect(await namesOf(hans.peer)).toEqual(good)
    expect(shared.skipped).toEqual([])
    for (const path of bad) await hans.write(path, 'changed')
    await hans.write('z', 'z')
    await untilPublished(hans, shared, [...good, 'z'])
    await shared.close()

    const all = [...good, 'z', '.git/config', 'sub/.hidden', 'a~', '~$a.doc', 'x.tmp', ...named]
    await using everything = await hans.peer.share('.', { ...AT_ONCE, ignoreDefaults: false })
    expect((await namesOf(hans.peer)).sort()).toEqual(all.sort())
    await everything.close()
    // What was published and is left out now is in the folder no longer.
    await using _fewer = await hans.peer.share('.', { ...AT_ONCE, ignore })
    expect(await namesOf(hans.peer)).toEqual([...good, 'z'])
  })

  it('is what BitTrickle cannot carry, with one warning each', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    const warnings = warningsOf(hans)
    await writeFile(join(network.folder, 'secret'), 'secret')
    await hans.write('d/good', 'good')
    await hans.write('d/back\\slash', 'x')
    await hans.write('d/new\nline', 'x')
    await hans.write(`d/${'x'.repeat(250)}/${'y'.repeat(250)}/${'z'.repeat(250)}`, 'too long')
    await writeFile(Buffer.concat([Buffer.from(`${hans.shareDir}/d/`), Buffer.from([0xff])]), 'no UTF-8')
    await symlink(join(network.folder, 'secret'), join(hans.shareDir, 'd', 'out'))
    await symlink('nowhere', join(hans.shareDir, 'd', 'dangling'))
    await symlink('.', join(hans.shareDir, 'd', 'round'))
    await using shared = await hans.peer.share('d', AT_ONCE)
    expect(await namesOf(hans.peer)).toEqual(['d/good'])
    await shared.rescan()
    expect(warnings).toHaveLength(6)
    expect(shared.skipped.map(({ reason }) => reason.code).sort()).toEqual([
      'FILE_UNREADABLE',
      'INVALID_NAME',
      'INVALID_NAME',
      'INVALID_NAME',
      'NOT_FOUND',
      'OUTSIDE_SHARE',
    ])
    expect(shared.skipped.map(({ path }) => path)).toContain(join(hans.shareDir, 'd', 'out'))
    // A file that cannot be published is told when that comes, and forgotten when it goes.
    const told = next(shared, 'warning')
    await hans.write('d/tab\t', 'x')
    expect(await told).toEqual({ message: expect.stringContaining('tab'), cause: expect.any(Error) })
    await rm(join(hans.shareDir, 'd', 'out'))
    await shared.rescan()
    expect(shared.skipped.map(({ path }) => path)).not.toContain(join(hans.shareDir, 'd', 'out'))
  })

  it('is the second of two files of one name, until the first has gone', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    const [nfc, nfd] = ['caf\u00e9', 'cafe\u0301']
    await hans.write(`d/${nfd}`, 'one')
    await using shared = await hans.peer.share('d', AT_ONCE)
    const told = next(shared, 'warning')
    await hans.write(`d/${nfc}`, 'another')
    await told
    expect(await hans.peer.published()).toEqual([{ name: `d/${nfc}`, path: join(hans.shareDir, 'd', nfd) }])
    const published = next(shared, 'published')
    await rm(join(hans.shareDir, 'd', nfd))
    expect(await published).toEqual({ name: `d/${nfc}`, path: join(hans.shareDir, 'd', nfc) })
    expect(shared.skipped).toEqual([])
  })
})

describe('links in a shared folder', () => {
  it('are files where they lead to files of the share folder, and follow what those become', async () => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await hans.write('d/file', 'before')
    await symlink('file', join(hans.shareDir, 'd', 'link'))
    await using shared = await hans.peer.share('d', AT_ONCE)
    expect(await namesOf(hans.peer)).toEqual(['d/file', 'd/link'])
    const batch = next(shared, 'batch')
    await hans.write('d/file', 'afterwards')
    const { published } = await batch
    expect(published.map(({ name }) => name).sort()).toEqual(['d/file', 'd/link'])
    await yoda.peer.get('d/link').done
    expect(String(await yoda.read('d/link'))).toBe('afterwards')
  })

  it('are unpublished when they lead out of it', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    await writeFile(join(network.folder, 'secret'), 'secret')
    await hans.write('d/file', 'file')
    await symlink('file', join(hans.shareDir, 'd', 'link'))
    await using shared = await hans.peer.share('d', AT_ONCE)
    await symlink(join(network.folder, 'secret'), join(hans.shareDir, 'd', '.link'))
    await rename(join(hans.shareDir, 'd', '.link'), join(hans.shareDir, 'd', 'link'))
    await untilPublished(hans, shared, ['d/file'])
    expect(shared.skipped).toMatchObject([{ reason: { code: 'OUTSIDE_SHARE' } }])
  })

  it('may be the folder itself, which another can take the place of', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    await hans.write('v1/a', 'a')
    await hans.write('v2/b', 'b')
    await symlink('v1', join(hans.shareDir, 'current'))
    await using shared = await hans.peer.share('current', AT_ONCE)
    expect(await namesOf(hans.peer)).toEqual(['current/a'])
    await expect(hans.peer.share('v1')).rejects.toMatchObject({ code: 'INVALID_STATE' })
    await symlink('v2', join(hans.shareDir, 'next'))
    await rename(join(hans.shareDir, 'next'), join(hans.shareDir, 'current'))
    await shared.rescan()
    expect(await namesOf(hans.peer)).toEqual(['current/b'])
    await hans.write('v2/c', 'c')
    await untilPublished(hans, shared, ['current/b', 'current/c'])
  })
})

describe('a file that is still being written', () => {
  // Its file system is ahead of this clock, so that what it says of the past saves no waiting.
  const behind = (): ManualClock => new ManualClock(Date.now() - 3_600_000)

  it('is left alone until nothing has changed for a time', async () => {
    const clock = behind()
    await using network = await TestNetwork.start({ peer: { clock } })
    const hans = await network.join('hans')
    await mkdir(join(hans.shareDir, 'd'))
    await using shared = await hans.peer.share('d', { stableFor: 2_000 })
    await hans.write('d/film', 'begin')
    await shared.rescan()
    for (let second = 0; second < 5; second++) {
      await clock.advance(1_000)
      await appendFile(join(hans.shareDir, 'd', 'film'), 'more')
      await shared.rescan()
      expect(await namesOf(hans.peer)).toEqual([])
    }
    await clock.advance(1_900)
    await shared.rescan()
    expect(await namesOf(hans.peer)).toEqual([])
    const published = next(shared, 'published')
    await clock.advance(1_000)
    await published
    expect(await namesOf(hans.peer)).toEqual(['d/film'])
  })

  it('is waited for once when the folder is shared', async () => {
    const clock = behind()
    await using network = await TestNetwork.start({ peer: { clock } })
    const hans = await network.join('hans')
    await hans.write('d/a', 'a')
    await hans.write('d/log', 'a line')
    let shared: SharedFolder | undefined
    const sharing = hans.peer.share('d', { stableFor: 2_000 }).then((one) => {
      shared = one
    })
    while (shared === undefined) {
      await clock.advance(400)
      await appendFile(join(hans.shareDir, 'd', 'log'), 'another line')
    }
    await sharing
    expect(clock.monotonic()).toBeGreaterThanOrEqual(2_000)
    expect(await namesOf(hans.peer)).toEqual(['d/a'])
  })

  it('needs not be waited for when it was finished long ago', async () => {
    await using network = await TestNetwork.start({ peer: { clock: new ManualClock() } })
    const hans = await network.join('hans')
    await hans.write('d/a', 'a')
    await using _shared = await hans.peer.share('d', { stableFor: 3_600_000 })
    expect(await namesOf(hans.peer)).toEqual(['d/a'])
  })
})

describe('many files', () => {
  it('that come at once are few batches', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    await mkdir(join(hans.shareDir, 'd'))
    await using shared = await hans.peer.share('d', { stableFor: 200 })
    let batches = 0
    shared.on('batch', () => {
      batches++
    })
    const names = Array.from({ length: 500 }, (_, number) => `d/${1000 + number}`)
    for (const name of names) writeFileSync(join(hans.shareDir, name), name)
    await untilPublished(hans, shared, names)
    expect(batches).toBeLessThanOrEqual(4)
  })

  it('that the index refuses are told once, and the folder is not shared', async () => {
    await using network = await TestNetwork.start({ index: { limits: { publicationsPerUser: 5 } } })
    const hans = await network.join('hans')
    for (let number = 0; number < 10; number++) await hans.write(`d/${number}`, 'x')
    await expect(hans.peer.share('d', AT_ONCE)).rejects.toMatchObject({ code: 'INDEX_FULL' })
    expect(await namesOf(hans.peer)).toHaveLength(5)
    await hans.peer.unpublish('d/')
    for (let number = 0; number < 5; number++) await rm(join(hans.shareDir, 'd', `${number}`))
    await using shared = await hans.peer.share('d', AT_ONCE)
    const warned = next(shared, 'warning')
    await hans.write('d/more', 'x')
    expect(await warned).toMatchObject({ cause: { code: 'INDEX_FULL' } })
    await expect(shared.rescan()).rejects.toMatchObject({ code: 'INDEX_FULL' })
    await rm(join(hans.shareDir, 'd', '5'))
    await untilPublished(hans, shared, ['d/6', 'd/7', 'd/8', 'd/9'])
    await shared.rescan()
    expect(await namesOf(hans.peer)).toEqual(['d/6', 'd/7', 'd/8', 'd/9', 'd/more'])
  })
})

describe('a peer that starts anew', () => {
  it('reads only what has changed, tells only that, and unpublishes what has gone', async () => {
    const store = new MemoryStore()
    await using network = await TestNetwork.start({ index: { store } })
    const before = await network.join('hans')
    const write = async (name: string, text: string): Promise<void> => {
      await before.write(`d/${name}`, text)
      await utimes(join(before.shareDir, 'd', name), LONG_AGO, LONG_AGO)
    }
    for (let number = 0; number < 20; number++) await write(`${10 + number}`, 'x'.repeat(number))
    await before.peer.share('d', { ...AT_ONCE, name: 'trip' })
    await before.peer.close()

    await write('11', 'changed')
    await write('new', 'new')
    await rm(join(before.shareDir, 'd', '12'))
    await rm(join(before.shareDir, 'd', '13'))
    const hash = vi.spyOn(HashPool.prototype, 'hash')
    const [publish, unpublish] = [vi.spyOn(store, 'publish'), vi.spyOn(store, 'unpublish')]
    using clock = new HurriedClock()
    const hans = await network.join('hans', { clock })
    await using _shared = await hans.peer.share('d', { ...AT_ONCE, name: 'trip' })
    expect(hash).toHaveBeenCalledTimes(2)
    expect(publish.mock.calls.map(([{ name }]) => name).sort()).toEqual(['trip/11', 'trip/new'])
    expect(unpublish).toHaveBeenCalledTimes(2)
    expect(await namesOf(hans.peer)).toHaveLength(19)
  })

  it('leaves alone what others, and the app itself, have published', async () => {
    const store = new MemoryStore()
    await store.open()
    await store.publish({ username: 'hans', name: 'd/elsewhere', publishedAt: new Date() })
    await using network = await TestNetwork.start({ index: { store } })
    const hans = await network.join('hans')
    await hans.write('d/a', 'a')
    await hans.write('b', 'b')
    await hans.peer.publish('d/a', { name: 'special' })
    await hans.peer.publish('b')
    await using shared = await hans.peer.share('d', AT_ONCE)
    await rm(join(hans.shareDir, 'd', 'a'))
    await untilPublished(hans, shared, ['b', 'd/elsewhere', 'special'])
  })
})

describe('an index that is away', () => {
  it('hears of all that has changed when it is back, and of what it has forgotten', async () => {
    using clock = new HurriedClock()
    await using network = await TestNetwork.start({ peer: { clock } })
    const hans = await network.join('hans')
    for (const name of ['a', 'b', 'c']) await hans.write(`d/${name}`, name)
    await using shared = await hans.peer.share('d', AT_ONCE)
    const offline = new Promise((resolve) => hans.peer.once('offline', resolve))
    const { port } = network.index.address
    await network.index.close()
    await offline
    await hans.write('d/new', 'new')
    await hans.write('d/b', 'changed')
    await rm(join(hans.shareDir, 'd', 'c'))
    await expect(shared.rescan()).rejects.toMatchObject({ code: 'INDEX_UNREACHABLE' })
    const sharing = hans.peer.share('e', AT_ONCE).catch((error) => error)
    expect(await sharing).toMatchObject({ code: 'NOT_FOUND' })
    await hans.write('e/e', 'e')
    const other = hans.peer.share('e', AT_ONCE)
    await network.startIndex(port)
    await using _other = await other
    await untilPublished(hans, shared, ['d/a', 'd/b', 'd/new', 'e/e'])
    const yoda = await network.join('yoda', { server: network.index.uri })
    await yoda.peer.get('d/b').done
    expect(String(await yoda.read('d/b'))).toBe('changed')
  })
})

describe('a folder that is lost', () => {
  it.each([
    ['removed', (folder: string) => rm(folder, { recursive: true })],
    ['renamed', (folder: string) => rename(folder, `${folder}-2`)],
    [
      'replaced by a file',
      async (folder: string) => {
        await rename(folder, `${folder}-2`)
        await writeFile(folder, 'a file')
      },
    ],
    [
      'replaced by an empty folder, as when a disk is unmounted',
      async (folder: string) => {
        await rename(folder, `${folder}-2`)
        await mkdir(folder)
      },
    ],
  ])('is told, and what is published stays: %s', async (_how, lose) => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    const warnings = warningsOf(hans)
    await hans.write('d/a', 'a')
    await hans.write('d/sub/b', 'b')
    await using shared = await hans.peer.share('d', AT_ONCE)
    await lose(join(hans.shareDir, 'd'))
    await expect(shared.done).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await namesOf(hans.peer)).toEqual(['d/a', 'd/sub/b'])
    expect(warnings).toEqual([expect.stringMatching(/^The shared folder "d" is (lost|empty)/)])
    await expect(shared.rescan()).rejects.toMatchObject({ code: 'CLOSED' })
    // It can be shared again when it is back.
    await rm(join(hans.shareDir, 'd'), { recursive: true, force: true })
    await hans.write('d/a', 'a')
    await using again = await hans.peer.share('d', AT_ONCE)
    expect(await namesOf(hans.peer)).toEqual(['d/a'])
    expect(again).not.toBe(shared)
  })

  it('is not one whose files are removed one by one', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    await hans.write('d/a', 'a')
    await using shared = await hans.peer.share('d', AT_ONCE)
    await rm(join(hans.shareDir, 'd', 'a'))
    await untilPublished(hans, shared, [])
    await shared.rescan()
  })

  it('is not shared when it is empty at the start, until that is said to be right', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    await hans.write('d/a', 'a')
    await hans.peer.publish('d')
    await rm(join(hans.shareDir, 'd', 'a'))
    await expect(hans.peer.share('d', AT_ONCE)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(
        /"d" is empty, but 1 file\(s\) of it are published.* unpublish "d\/" first/,
      ),
    })
    expect(await namesOf(hans.peer)).toEqual(['d/a'])
    await hans.peer.unpublish('d/')
    await using _shared = await hans.peer.share('d', AT_ONCE)
  })
})

describe('sharing', () => {
  it('refuses folders and names that overlap, until the other is closed', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    for (const path of ['a/b/x', 'c/x', 'ab/x']) await hans.write(path, path)
    const shared = await hans.peer.share('a', AT_ONCE)
    for (const [path, options] of [
      ['a', {}],
      ['a/b', { name: 'z' }],
      ['.', { name: 'z' }],
      ['c', { name: 'a/b' }],
      ['c', { name: './' }],
    ] as const) {
      await expect(hans.peer.share(path, options)).rejects.toMatchObject({
        code: 'INVALID_STATE',
        message: expect.stringContaining('"a"'),
      })
    }
    await using _beside = await hans.peer.share('ab', AT_ONCE)
    const [one, two] = await Promise.allSettled([
      hans.peer.share('c', AT_ONCE),
      hans.peer.share('c', AT_ONCE),
    ])
    expect([one.status, two.status].sort()).toEqual(['fulfilled', 'rejected'])
    await shared.close()
    await shared.done
    expect(await namesOf(hans.peer)).toEqual(['a/b/x', 'ab/x', 'c/x'])
    await using _again = await hans.peer.share('a/b', AT_ONCE)
  })

  it('names what is wrong with the call', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.makePeer('hans')
    await hans.write('d/a', 'a')
    await expect(hans.peer.share('d')).rejects.toMatchObject({ code: 'NOT_LOGGED_IN' })
    await hans.peer.login()
    for (const [options, message] of [
      [{ stableFor: -1 }, 'share.stableFor must be a whole number from 0 to 3600000; received -1'],
      [{ rescanEvery: 10 }, 'share.rescanEvery must be a whole number from 1000 to 86400000; received 10'],
      [{ ignore: ['!a'] }, 'do not begin with "!"; received "!a"'],
      [{ ignore: [''] }, 'none of them empty; received ""'],
      [{ ignore: '*.log' }, 'share.ignore must be an array of glob patterns; received "*.log"'],
      [{ watch: 1 }, 'share.watch must be true or false; received 1'],
      [{ ignoreDefaults: 'no' }, 'share.ignoreDefaults must be true or false; received "no"'],
      [{ name: 1 }, 'share.name must be a text; received 1'],
    ] as [object, string][]) {
      await expect(hans.peer.share('d', options)).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringContaining(message),
      })
    }
    await expect(hans.peer.share('nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(hans.peer.share('d/a')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(hans.peer.share('..')).rejects.toMatchObject({ code: 'OUTSIDE_SHARE' })
    await expect(hans.peer.share('d', { name: '../x' })).rejects.toMatchObject({ code: 'INVALID_NAME' })
    await expect(hans.peer.share('d', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    })
    await hans.peer.close()
    await expect(hans.peer.share('d')).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('can be given up, or closed with the peer, while it works: what is published stays so', async () => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    for (const peer of [hans, yoda])
      for (let number = 0; number < 200; number++) await peer.write(`d/${number}`, 'x')
    const giveUp = new AbortController()
    let seen = 0
    network.index.on('publish', ({ username }) => {
      if (++seen === 50) giveUp.abort()
      if (seen === 100) void yoda.peer.close()
      expect(['hans', 'yoda']).toContain(username)
    })
    await expect(hans.peer.share('d', { ...AT_ONCE, signal: giveUp.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    })
    const published = (await namesOf(hans.peer)).length
    expect(published).toBeGreaterThanOrEqual(50)
    expect(published).toBeLessThan(200)
    seen = 60
    await expect(yoda.peer.share('d', AT_ONCE)).rejects.toMatchObject({ code: 'CLOSED' })
    await using _again = await hans.peer.share('d', AT_ONCE)
    expect(await namesOf(hans.peer)).toHaveLength(200)
  })

  it('looks every so often where the system tells nothing', async () => {
    const clock = new ManualClock()
    await using network = await TestNetwork.start({ peer: { clock } })
    const hans = await network.join('hans')
    await hans.write('d/a', 'a')
    const before = watches()
    await using shared = await hans.peer.share('d', { ...AT_ONCE, watch: false, rescanEvery: 5_000 })
    expect(watches()).toBe(before)
    for (const name of ['b', 'c']) {
      await hans.write(`d/${name}`, name)
      const published = next(shared, 'published')
      await clock.advance(5_000)
      expect(await published).toMatchObject({ name: `d/${name}` })
      await shared.rescan()
    }
  })

  it('leaves no watch and no timer behind', async () => {
    const clock = new ManualClock()
    await using network = await TestNetwork.start()
    const hans = await network.join('hans', { clock })
    await hans.write('d/sub/a', 'a')
    const before = watches()
    await hans.peer.share('d', { stableFor: 0 })
    expect(watches()).toBe(before + 2)
    await hans.peer.close()
    expect(watches()).toBe(before)
    expect(clock.timers).toBe(0)
  })

  it('works by the classic protocol', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans', {
      protocol: 'classic',
      server: `127.0.0.1:${network.index.address.port}`,
    })
    await hans.write('d/a', 'a')
    await using shared = await hans.peer.share('d', AT_ONCE)
    await hans.write('d/b', 'b')
    await untilPublished(hans, shared, ['d/a', 'd/b'])
    await rm(join(hans.shareDir, 'd', 'a'))
    await untilPublished(hans, shared, ['d/b'])
  })
})
