import { once } from 'node:events'
import { chmod, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { HashPool } from '../../../../src/content/hash-pool.js'
import { MemoryStore, type Peer, type SharedFolder, type SharedFolderBatch } from '../../../../src/index.js'
import { HurriedClock } from '../../../helpers/hurried-clock.js'
import { TestNetwork, type TestPeer } from '../../../helpers/network.js'

// Files are settled at once, unless the test is about that.
const AT_ONCE = { stableFor: 0 }
const LONG_AGO = new Date(2020, 0, 1)

const namesOf = async (peer: Peer): Promise<string[]> => (await peer.published()).map(({ name }) => name)

/** Waits until this is what is published: after each batch it may be. */
async function untilPublished(
  { peer }: TestPeer,
  shared: SharedFolder,
  names: readonly string[],
): Promise<void> {
  for (;;) {
    const next = once(shared, 'batch')
    if (JSON.stringify(await namesOf(peer)) === JSON.stringify(names)) return
    await next
  }
}

function warningsOf({ peer }: TestPeer): string[] {
  const messages: string[] = []
  peer.on('warning', ({ message }) => messages.push(message))
  return messages
}

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

    const changed = once(shared, 'published')
    await hans.write('photos/a.jpg', 'longer')
    expect(await changed).toEqual([{ name: 'photos/a.jpg', path: join(hans.shareDir, 'photos', 'a.jpg') }])
    await yoda.peer.get('photos/a.jpg').done
    expect(String(await yoda.read('photos/a.jpg'))).toBe('longer')

    await rename(join(hans.shareDir, 'photos', 'c.jpg'), join(hans.shareDir, 'photos', '2024', 'd.jpg'))
    await untilPublished(hans, shared, ['photos/2024/b.jpg', 'photos/2024/d.jpg', 'photos/a.jpg'])

    await rename(join(hans.shareDir, 'photos', '2024'), join(hans.shareDir, 'photos', '2025'))
    await untilPublished(hans, shared, ['photos/2025/b.jpg', 'photos/2025/d.jpg', 'photos/a.jpg'])

    const gone = once(shared, 'unpublished')
    await rm(join(hans.shareDir, 'photos', 'a.jpg'))
    expect(await gone).toEqual(['photos/a.jpg'])
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
