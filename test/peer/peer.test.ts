import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
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
    await store.publish({ username: 'hans', name: 'a', ...content, publishedAt: new Date(1000) })
    const hits: SearchHit[] = []
    for await (const hit of yoda.peer.search('a')) hits.push(hit)
    expect(hits).toEqual([{ name: 'a', ...content, sources: 1, publishedAt: new Date(1000) }])
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
    expect(await all(yoda.peer.search('', { glob: 'PHOTOS/**/*5.jpg' }))).toEqual(of5)
    await store.publish({ username: 'hans', name: 'a', ...content, size: 9 })
    for (const order of ['size', 'newest', 'sources'] as const) {
      const found = await all(yoda.peer.search('', { order }))
      const [first] = found
      expect([found.length, new Set(found).size]).toEqual([122, 122])
      if (order === 'size') expect(first).toBe('a')
    }
    await expect(all(yoda.peer.search('', { prefix: 'a\u0000' }))).rejects.toMatchObject({
      code: 'INVALID_NAME',
    })
    await expect(all(yoda.peer.search('', { signal: AbortSignal.abort() }))).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })

  it('takes the newest of several contents and says so, and any other that is asked for', async () => {
    await using network = await TestNetwork.start()
    const [hans, leia] = [await network.join('hans'), await network.join('leia')]
    const { peer, read } = await network.join('yoda')
    const warnings: string[] = []
    peer.on('warning', ({ message }) => warnings.push(message))
    await hans.write('a', Buffer.from('old'))
    await hans.peer.publish('a')
    const { root: old = '', ...alone } = await peer.locate('a')
    expect(alone).not.toHaveProperty('contents')
    await leia.write('a', Buffer.from('newer'))
    await leia.peer.publish('a')
    const chosen = await peer.locate('a')
    expect(chosen).toMatchObject({ size: 5, contents: 2, sources: [{ username: 'leia' }] })
    expect(await peer.locate('a', { root: old })).toMatchObject({ root: old, size: 3 })
    expect(await peer.locate('a', { from: 'hans' })).toMatchObject({ root: old, size: 3 })
    expect(warnings).toEqual([])
    await peer.get('a').done
    expect(await text(peer.createReadStream('a'))).toBe('newer')
    const said = `"a" has 2 contents; this is the one that most offer, or the newest of those. Its root is ${chosen.root}. Choose another by "root" or "from".`
    expect(warnings).toEqual([said, said])
    await peer.get('a', { as: 'b', root: old }).done
    await peer.get('a', { as: 'c', from: 'hans' }).done
    expect(warnings).toHaveLength(2)
    expect([String(await read('a')), String(await read('b')), String(await read('c'))]).toEqual([
      'newer',
      'old',
      'old',
    ])
  })

  it.each([
    [{ root: 'short' }, 'The option "root" is not 32 bytes in Base64url, 43 characters; received "short".'],
    [{ from: '@team' }, 'The option "from" begins with "@", as groups do; received "@team".'],
  ])('does not ask for %j', async (options, message) => {
    await using network = await TestNetwork.start()
    const { peer } = await network.join('yoda')
    const refused = expect.objectContaining({ code: 'INVALID_OPTION', message })
    await expect(peer.locate('a', options)).rejects.toEqual(refused)
    await expect(peer.get('a', options).done).rejects.toEqual(refused)
    await expect(text(peer.createReadStream('a', options))).rejects.toEqual(refused)
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
      expect(hit).toMatchObject({ name: 'music/X.mp3', size: bytes.length, sources: 1 })

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
