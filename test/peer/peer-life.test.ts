import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import type { EventEmitter } from 'eventemitter3'
import { describe, expect, it } from 'vitest'
import type { Upload } from '../../src/index.js'
import { HurriedClock } from '../helpers/hurried-clock.js'
import { settle } from '../helpers/manual-clock.js'
import { TestNetwork } from '../helpers/network.js'

function next<T>(emitter: EventEmitter, event: string): Promise<T> {
  return new Promise((resolve) => emitter.once(event, resolve))
}

/** Sockets that are open; timers and files are not counted here, since the test runner has some of its own. */
const sockets = (): string[] =>
  process.getActiveResourcesInfo().filter((kind) => /tcp|udp|pipeconnect/i.test(kind))

describe('closing a peer', () => {
  it('can be done again, and says so once', async () => {
    await using network = await TestNetwork.start()
    const { peer } = await network.join('hans')
    let closes = 0
    peer.on('close', () => {
      closes += 1
    })
    await Promise.all([peer.close(), peer.close()])
    await peer.close()
    expect(closes).toBe(1)
    for (const call of [
      () => peer.login(),
      () => peer.peers(),
      () => peer.publish('none'),
      () => peer.locate('a'),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: expect.stringMatching(/^(CLOSED|NOT_FOUND)$/) })
    }
    await expect(peer.get('a').done).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('works before the first login too', async () => {
    await using network = await TestNetwork.start()
    const { peer } = await network.makePeer('hans')
    await peer.close()
    await expect(peer.login()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('gives up what is still being loaded', async () => {
    await using network = await TestNetwork.start()
    const { peer, write } = await network.join('hans')
    await write('d/a', 'a')
    const ended = Promise.allSettled([
      peer.get('a').done,
      peer.get('d/').done,
      peer.share('d'),
      buffer(peer.createReadStream('a')),
    ])
    await peer.close()
    const codes = (await ended).map((outcome) => outcome.status === 'rejected' && outcome.reason.code)
    expect(codes).toEqual(['ABORTED', 'ABORTED', 'CLOSED', 'CLOSED'])
  })

  it('leaves nothing that would keep a process alive, though transfers run', async () => {
    await settle()
    const before = sockets()
    using clock = new HurriedClock()
    {
      await using network = await TestNetwork.start({ peer: { clock } })
      const hans = await network.join('hans', { uploadRate: 100_000 })
      const yoda = await network.join('yoda')
      await hans.write('large', randomBytes(5_000_000))
      await hans.peer.publish('large')
      const download = yoda.peer.get('large')
      await next(download, 'progress')
      await yoda.peer.close()
      await expect(download.done).rejects.toMatchObject({ code: 'ABORTED' })
      // What has arrived waits for the next time.
      expect((await readdir(yoda.downloadDir)).sort()).toEqual(['large.part', 'large.part.journal'])
      await hans.peer.close()
    }
    // Handles are gone one turn after they were closed.
    await settle()
    expect(sockets()).toEqual(before)
    expect(clock.timers).toBe(0)
  })
})

describe('an index that starts anew', () => {
  it.each(['sealed', 'classic'] as const)(
    'makes the peer offline, then online again, and hears of the publications again: %s',
    async (protocol) => {
      using clock = new HurriedClock()
      await using network = await TestNetwork.start({ peer: { protocol, clock } })
      const hans = await network.join('hans')
      await hans.write('a.txt', 'a')
      await hans.peer.publish('a.txt', { name: 'chosen' })
      const isOffline = next<Error>(hans.peer, 'offline')
      const isOnline = next(hans.peer, 'online')

      await network.index.close()
      const asked = hans.peer.peers()
      await expect(asked).rejects.toMatchObject({ code: 'INDEX_UNREACHABLE', retryable: true })
      expect(await isOffline).toMatchObject({ code: 'INDEX_UNREACHABLE' })

      await network.restartIndex()
      expect(await isOnline).toMatchObject({ username: 'hans' })
      const yoda = await network.join('yoda')
      await yoda.peer.get('chosen').done
      expect(String(await yoda.read('chosen'))).toBe('a')
    },
  )

  it('and has forgotten a classic session is told again by the next request, unseen by the caller', async () => {
    await using network = await TestNetwork.start({ peer: { protocol: 'classic' } })
    const hans = await network.join('hans')
    await hans.write('a.txt', 'a')
    await hans.peer.publish('a.txt')
    let offline = 0
    hans.peer.on('offline', () => {
      offline += 1
    })
    await network.restartIndex()
    expect(await hans.peer.published()).toEqual([{ name: 'a.txt', path: `${hans.shareDir}/a.txt` }])
    expect(offline).toBe(0)
  })
})

describe('an index whose operator ends a session', () => {
  it('tells the peer, which stays away until it logs in again', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    const isOffline = next<Error>(hans.peer, 'offline')
    network.index.disconnect('hans')
    expect(await isOffline).toMatchObject({ code: 'FORBIDDEN', retryable: false })
    await expect(hans.peer.peers()).rejects.toMatchObject({ code: 'NOT_LOGGED_IN' })
    await hans.peer.login()
    expect(await hans.peer.peers()).toEqual([])
  })
})

describe('a peer that starts anew', () => {
  it('serves again what it published before, under the chosen name', async () => {
    await using network = await TestNetwork.start()
    const before = await network.join('hans')
    await before.write('music/a.mp3', 'aaa')
    await before.peer.publish('music/a.mp3', { name: 'song' })
    await before.peer.close()
    network.index.disconnect('hans')

    await network.join('hans')
    const yoda = await network.join('yoda')
    await yoda.peer.get('song').done
    expect(String(await yoda.read('song'))).toBe('aaa')
  })
})

describe('downloads of a peer', () => {
  it('of one name exclude each other while they run', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    const yoda = await network.join('yoda')
    await hans.write('a', 'content')
    await hans.peer.publish('a')
    const uploading = next<Upload>(hans.peer, 'upload')
    const first = yoda.peer.get('a')
    first.pause()
    await next(first, 'source')
    const second = yoda.peer.get('a')
    const elsewhere = yoda.peer.get('a', { as: 'b/c' })
    await expect(second.done).rejects.toMatchObject({ code: 'TARGET_BUSY', retryable: true })
    await elsewhere.done
    first.resume()
    await first.done
    expect(String(await yoda.read('b/c'))).toBe('content')
    expect((await uploading).name).toBe('a')

    // The right bytes are there already.
    expect(await yoda.peer.get('a').done).toMatchObject({ size: 7 })
    await hans.write('a', 'newer')
    await hans.peer.publish('a')
    await expect(yoda.peer.get('a').done).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
    expect(await yoda.peer.get('a', { overwrite: true }).done).toMatchObject({ size: 5 })
    expect(String(await yoda.read('a'))).toBe('newer')
  })

  it('of a file that has changed since it was published fail, and the next one gets what it is now', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    const yoda = await network.join('yoda')
    await hans.write('a', 'content')
    await hans.peer.publish('a')
    await hans.write('a', 'something else')
    const isAnew = new Promise<void>((resolve) => {
      hans.peer.on('warning', ({ message }) => message.includes('published anew') && resolve())
    })
    const failed = yoda.peer.get('a')
    await expect(failed.done).rejects.toMatchObject({ code: 'FILE_CHANGED', retryable: true })
    await isAnew
    await yoda.peer.get('a').done
    expect(String(await yoda.read('a'))).toBe('something else')
  })

  it('fail with what the index or the names say, and leave nothing', async () => {
    await using network = await TestNetwork.start()
    const hans = await network.join('hans')
    const yoda = await network.join('yoda')
    await hans.write('a', 'content')
    await hans.peer.publish('a')
    const codeOf = (name: string, as?: string) =>
      yoda.peer.get(name, as === undefined ? {} : { as }).done.then(
        () => 'none',
        (error) => error.code,
      )
    expect(await codeOf('none')).toBe('NOT_FOUND')
    expect(await codeOf('a', '../../escaped')).toBe('INVALID_NAME')
    expect(await codeOf('../a')).toBe('INVALID_NAME')
    await expect(hans.peer.get('a').done).rejects.toMatchObject({ code: 'OWN_PUBLICATION' })
    await hans.peer.unpublish('a')
    expect(await codeOf('a')).toBe('NOT_FOUND')
    expect(await readdir(yoda.downloadDir)).toEqual([])
  })
})
