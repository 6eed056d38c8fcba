import { rmSync } from 'node:fs'
import { mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type HashProgress, MemoryStore, type Peer } from '../../../src/index.js'
import { HurriedClock } from '../../helpers/hurried-clock.js'
import { TestNetwork, type TestPeer } from '../../helpers/network.js'

async function write({ write }: TestPeer, ...paths: string[]): Promise<void> {
  for (const path of paths) await write(path, path)
}

const namesOf = async (peer: Peer): Promise<string[]> => (await peer.published()).map(({ name }) => name)

function warningsOf({ peer }: TestPeer): string[] {
  const messages: string[] = []
  peer.on('warning', ({ message }) => messages.push(message))
  return messages
}

describe('publishing a folder', () => {
  it('publishes all its files, below the name of the folder or another one', async () => {
    await using network = await TestNetwork.start()
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await write(hans, 'photos/b.jpg', 'photos/2024/a.jpg', 'other.txt')
    const path = join(hans.shareDir, 'photos')
    expect(await hans.peer.publish('photos')).toEqual({
      name: 'photos/',
      path,
      files: [
        { name: 'photos/2024/a.jpg', path: join(path, '2024', 'a.jpg') },
        { name: 'photos/b.jpg', path: join(path, 'b.jpg') },
      ],
    })
    expect(await namesOf(hans.peer)).toEqual(['photos/2024/a.jpg', 'photos/b.jpg'])
    for (const name of ['trip', 'my/trip/']) {
      const publication = await hans.peer.publish(path, { name })
      expect(publication).toMatchObject({ name: name.replace(/\/?$/, '/'), path })
      expect(publication.files?.map((file) => file.name)).toEqual([
        `${publication.name}2024/a.jpg`,
        `${publication.name}b.jpg`,
      ])
    }
    await yoda.peer.get('my/trip/b.jpg').done
    expect(String(await yoda.read('my/trip/b.jpg'))).toBe('photos/b.jpg')
  })

  it.each(['.', '', './'])('publishes the share folder itself: %j', async (path) => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    await write(hans, 'a', 'b/c')
    expect(await hans.peer.publish(path)).toMatchObject({ name: './', path: hans.shareDir })
    expect(await namesOf(hans.peer)).toEqual(['a', 'b/c'])
    expect(await hans.peer.publish('b', { name: './' })).toMatchObject({ files: [{ name: 'c' }] })
    await hans.peer.unpublish('./')
    expect(await namesOf(hans.peer)).toEqual([])
  })

  it('passes over what cannot be published, with a warning that names it', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    const warnings = warningsOf(hans)
    await write(hans, 'd/good', 'd/back\\slash', 'd/new\nline', 'd/caf\u00e9', 'd/cafe\u0301')
    await writeFile(join(network.folder, 'secret'), 'secret')
    await symlink(join(network.folder, 'secret'), join(hans.shareDir, 'd', 'out'))
    const { files } = await hans.peer.publish('d')
    expect(files?.map(({ name }) => name)).toEqual(['d/caf\u00e9', 'd/good'])
    expect(await namesOf(hans.peer)).toEqual(['d/caf\u00e9', 'd/good'])
    expect(warnings.sort()).toEqual([
      expect.stringMatching(/^"d\/back\\\\slash" is not published: The name .* contains a backslash/),
      // Which of the two comes first, their bytes decide.
      expect.stringMatching(/^"d\/caf.*" is not published: .* has the same name, "d\/café"\.$/),
      expect.stringMatching(/^"d\/new\\nline" is not published: The name .* contains a control character/),
      expect.stringMatching(/^"d\/out" is not published: .* not inside the share folder/),
    ])
  })

  it('rejects when there is nothing that can be published, and says why', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    await mkdir(join(hans.shareDir, 'empty', 'as well'), { recursive: true })
    await write(hans, 'bad/a\\b', 'bad/c\\d', 'a\\b/c')
    await expect(hans.peer.publish('empty')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'There is no file to publish in the folder "empty".',
    })
    await expect(hans.peer.publish('bad')).rejects.toMatchObject({
      code: 'INVALID_NAME',
      message: expect.stringMatching(
        /^None of the 2 file\(s\) in the folder "bad" can be published; the first: /,
      ),
    })
    await expect(hans.peer.publish('a\\b')).rejects.toMatchObject({ code: 'INVALID_NAME' })
    await expect(hans.peer.publish('bad', { name: '../x' })).rejects.toMatchObject({ code: 'INVALID_NAME' })
    await expect(hans.peer.publish('..')).rejects.toMatchObject({ code: 'OUTSIDE_SHARE' })
    expect(await namesOf(hans.peer)).toEqual([])
  })

  it('tells how far the hashing of all files is, whether they are read or were known', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    const sizes = [0, 1, 70_000, 5_000_000]
    for (const size of sizes) {
      await hans.write(`d/${size}`, Buffer.alloc(size, 7))
      // What was written only just now is not remembered.
      await utimes(join(hans.shareDir, 'd', `${size}`), new Date(0), new Date(0))
    }
    await hans.write('d/a\\b', Buffer.alloc(1000))
    const all = sizes.reduce((sum, size) => sum + size, 0)
    for (let time = 0; time < 2; time++) {
      const seen: HashProgress[] = []
      await hans.peer.publish('d', { onProgress: (progress) => seen.push(progress) })
      expect(seen.at(-1)).toEqual({ hashed: all, size: all })
      expect(seen.map(({ hashed }) => hashed)).toEqual(
        seen.map(({ hashed }) => hashed).toSorted((a, b) => a - b),
      )
    }
  })

  it('counts no bytes of files that go away meanwhile', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    const names = Array.from({ length: 100 }, (_, number) => `d/${1000 + number}`)
    await write(hans, ...names)
    let last: HashProgress | undefined
    const onProgress = (progress: HashProgress): void => {
      // None of the last ones has been begun yet.
      if (last === undefined) for (const name of names.slice(-20)) rmSync(join(hans.shareDir, name))
      last = progress
    }
    const { files } = await hans.peer.publish('d', { onProgress })
    expect(files).toHaveLength(80)
    expect(last).toEqual({ hashed: 80 * 6, size: 80 * 6 })
  })

  it('can be given up: what is published stays so, and nothing more is', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    await write(hans, ...Array.from({ length: 200 }, (_, number) => `d/${number}`))
    const giveUp = new AbortController()
    let seen = 0
    const onProgress = (): void => {
      seen++
      if (seen === 50) giveUp.abort()
    }
    await expect(hans.peer.publish('d', { signal: giveUp.signal, onProgress })).rejects.toMatchObject({
      code: 'ABORTED',
    })
    const published = await namesOf(hans.peer)
    expect(published.length).toBeGreaterThan(0)
    expect(published.length).toBeLessThan(200)
    await expect(hans.peer.publish('d', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    })
    expect((await hans.peer.publish('d')).files).toHaveLength(200)
  })

  it('stops where the index takes no more, and keeps what it took', async () => {
    await using network = await TestNetwork.start({ index: { limits: { publicationsPerUser: 5 } } })
    const hans = await network.join('hans')
    await write(hans, ...Array.from({ length: 40 }, (_, number) => `d/${number}`))
    await expect(hans.peer.publish('d')).rejects.toMatchObject({ code: 'INDEX_FULL' })
    expect(await namesOf(hans.peer)).toHaveLength(5)
    await hans.peer.unpublish('d/')
    expect(await namesOf(hans.peer)).toEqual([])
  })
})

describe('unpublishing a folder', () => {
  it('takes back what is below it, and nothing beside it', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    await write(hans, 'photos/a', 'photos/b/c', 'photos-old/a', 'photo')
    await hans.peer.publish('.')
    await hans.peer.unpublish('photos/')
    expect(await namesOf(hans.peer)).toEqual(['photo', 'photos-old/a'])
    await expect(hans.peer.unpublish('photos/')).rejects.toMatchObject({
      code: 'NOT_PUBLISHED',
      message: 'You publish nothing below "photos/".',
    })
    await expect(hans.peer.unpublish('../')).rejects.toMatchObject({ code: 'INVALID_NAME' })
  })

  it('takes back what another machine or an earlier run published', async () => {
    const store = new MemoryStore()
    await using network = await TestNetwork.start({ index: { store } })
    await store.publish({ username: 'hans', name: 'photos/elsewhere', publishedAt: new Date() })
    const hans = await network.join('hans')
    await hans.peer.unpublish('photos/')
    expect(store.size).toBe(0)
  })
})

describe('a peer that starts anew', () => {
  it('serves its folders again, but for the files that are gone', async () => {
    using clock = new HurriedClock()
    const options = { index: { store: new MemoryStore() }, peer: { clock } }
    await using network = await TestNetwork.start(options)
    const before = await network.join('hans')
    await write(before, 'photos/a', 'photos/b', 'photos/c')
    await before.peer.publish('photos', { name: 'trip' })
    await before.peer.close()
    await rm(join(before.shareDir, 'photos', 'a'))
    const hans = await network.makePeer('hans')
    const warnings = warningsOf(hans)
    await hans.peer.login()
    expect(warnings).toEqual([expect.stringMatching(/^1 published name\(s\) have no file .* "trip\/a"/)])
    const yoda = await network.join('yoda')
    for (const name of ['trip/b', 'trip/c']) await yoda.peer.get(name).done
    expect(String(await yoda.read('trip/c'))).toBe('photos/c')
  })

  it('tells an index that has forgotten them of those that are there', async () => {
    await using network = await TestNetwork.start()
    const before = await network.join('hans')
    await write(before, 'photos/a', 'photos/b', 'photos/c')
    await before.peer.publish('photos', { name: 'trip' })
    await before.peer.close()
    await network.restartIndex()
    await rm(join(before.shareDir, 'photos', 'a'))
    const hans = await network.makePeer('hans', { server: network.index.uri })
    const warnings = warningsOf(hans)
    await hans.peer.login()
    expect(await namesOf(hans.peer)).toEqual(['trip/b', 'trip/c'])
    expect(warnings).toEqual([expect.stringMatching(/^"trip\/a" is published but cannot be served/)])
  })
})
