import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MemoryStore, type SearchHit } from '../../src/index.js'
import { TestNetwork } from '../helpers/network.js'

async function all(hits: AsyncIterable<SearchHit>): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of hits) names.push(name)
  return names
}

describe('a peer', () => {
  it('tells what the index knows of a content, and keeps what is between the two to itself', async () => {
    const store = new MemoryStore()
    await using network = await TestNetwork.start({ index: { store } })
    const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
    await hans.write('a', Buffer.from('abc'))
    await hans.peer.publish('a')
    const content = { root: 'r'.repeat(42).concat('A'), size: 3 }
    await store.publish({ username: 'hans', name: 'a', ...content, publishedAt: new Date() })
    const hits: SearchHit[] = []
    for await (const hit of yoda.peer.search('a')) hits.push(hit)
    expect(hits).toEqual([{ name: 'a', size: 3, sources: 1 }])
    expect(await yoda.peer.locate('a')).toEqual({ name: 'a', ...content, sources: [expect.anything()] })
  })

  it('searches below a folder, and what one user offers, over as many pages as there are', async () => {
    const store = new MemoryStore()
    await using network = await TestNetwork.start({ index: { store } })
    await Promise.all(['hans', 'vader'].map((username) => network.join(username)))
    const yoda = await network.join('yoda')
    const content = { root: 'r'.repeat(42).concat('A'), size: 3, publishedAt: new Date() }
    const names = Array.from({ length: 120 }, (_, number) => `photos/${1000 + number}.jpg`)
    for (const name of [...names, 'photos-old/1.jpg', 'a']) {
      await store.publish({ username: name.endsWith('5.jpg') ? 'vader' : 'hans', name, ...content })
    }
    expect(await all(yoda.peer.search('', { prefix: 'photos/' }))).toEqual(names)
    const of5 = names.filter((name) => name.endsWith('5.jpg'))
    expect(await all(yoda.peer.search('', { prefix: 'photos/', from: 'vader' }))).toEqual(of5)
    expect(await all(yoda.peer.search('5.jpg', { prefix: 'photos/' }))).toEqual(of5)
    expect(await all(yoda.peer.search('1.jpg', { prefix: 'photos-' }))).toEqual(['photos-old/1.jpg'])
    await expect(all(yoda.peer.search('', { prefix: 'a\u0000' }))).rejects.toMatchObject({
      code: 'INVALID_NAME',
    })
    await expect(all(yoda.peer.search('', { signal: AbortSignal.abort() }))).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })

  it('publishes, searches, finds and downloads', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    const yoda = await network.join('yoda')
    const bytes = randomBytes(3_000_001)
    await hans.write('music/X.mp3', bytes)
    expect(await hans.peer.publish('music/X.mp3')).toEqual({
      name: 'music/X.mp3',
      path: join(hans.shareDir, 'music', 'X.mp3'),
    })
    expect(await yoda.peer.peers()).toEqual([{ username: 'hans' }])
    expect(await all(yoda.peer.search('mp3'))).toEqual(['music/X.mp3'])
    expect(await all(hans.peer.search('mp3'))).toEqual([])
    const { sources } = await yoda.peer.locate('music/X.mp3')
    expect(sources).toHaveLength(1)
    for await (const hit of yoda.peer.search('mp3'))
      expect(hit).toEqual({ name: 'music/X.mp3', size: bytes.length, sources: 1 })

    const seen: number[] = []
    const download = yoda.peer.get('music/X.mp3')
    download.on('progress', ({ transferred }) => seen.push(transferred))
    expect(await download.done).toEqual({
      name: 'music/X.mp3',
      path: join(yoda.downloadDir, 'music', 'X.mp3'),
      size: bytes.length,
    })
    expect((await yoda.read('music/X.mp3')).equals(bytes)).toBe(true)
    expect(seen.at(-1)).toBe(bytes.length)
    expect(await readdir(join(yoda.downloadDir, 'music'))).toEqual(['X.mp3'])
  })
})
