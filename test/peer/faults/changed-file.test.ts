import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { readdir, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Download, Peer, PeerWarning } from '../../../src/index.js'
import { TestNetwork } from '../../helpers/network.js'

const SIZE = 12 * 131_072 + 5
const SLOW = { uploadRate: 4 * 1_048_576 }

const verifiedOnce = (download: Download): Promise<void> =>
  new Promise((resolve) => download.once('verified', () => resolve()))

function warned(peer: Peer, what: string): Promise<PeerWarning> {
  return new Promise((resolve) => {
    peer.on('warning', (warning) => warning.message.includes(what) && resolve(warning))
  })
}

describe('a file that changes while it is served', () => {
  it.each<[string, (path: string) => Promise<void> | void]>([
    // At one stroke: what is offered anew between two strokes would have changed again when it is asked for.
    ['is written over', (path) => writeFileSync(path, randomBytes(SIZE))],
    ['grows', (path) => writeFile(path, randomBytes(10), { flag: 'a' })],
    ['shrinks', (path) => truncate(path, 131_072)],
  ])(
    'ends the download when it %s, nothing wrong gets the name, and what it is now is offered',
    async (_what, change) => {
      await using network = await TestNetwork.start()
      const [hans, yoda] = [await network.join('hans', SLOW), await network.join('yoda')]
      await hans.write('a.bin', randomBytes(SIZE))
      await hans.peer.publish('a.bin')
      const anew = warned(hans.peer, 'published anew')
      const download = yoda.peer.get('a.bin')
      await verifiedOnce(download)
      await change(join(hans.shareDir, 'a.bin'))
      await expect(download.done).rejects.toMatchObject({ code: 'FILE_CHANGED', retryable: true })
      expect((await readdir(yoda.downloadDir)).sort()).toEqual(['a.bin.part', 'a.bin.part.journal'])

      await anew
      const { size } = await yoda.peer.get('a.bin').done
      expect(size).toBe((await stat(join(hans.shareDir, 'a.bin'))).size)
      expect(await readdir(yoda.downloadDir)).toEqual(['a.bin'])
    },
  )

  it('goes on from others, who have it as it was', async () => {
    await using network = await TestNetwork.start()
    const bytes = randomBytes(SIZE)
    const [hans, vader] = [await network.join('hans', SLOW), await network.join('vader', SLOW)]
    const yoda = await network.join('yoda')
    for (const { peer, write } of [hans, vader]) {
      await write('a.bin', bytes)
      await peer.publish('a.bin')
    }
    const download = yoda.peer.get('a.bin')
    await verifiedOnce(download)
    await utimes(join(hans.shareDir, 'a.bin'), 1, 1)
    await download.done
    expect((await yoda.read('a.bin')).equals(bytes)).toBe(true)
  })
})

describe('a source that sends wrong bytes', () => {
  it('is warned of by the peer: who, which piece, of what', async () => {
    await using network = await TestNetwork.start()
    const bytes = randomBytes(SIZE)
    const [hans, vader] = [await network.join('hans', SLOW), await network.join('vader')]
    const yoda = await network.join('yoda')
    const writtenAt = new Date(Date.UTC(2026, 0, 1))
    for (const { peer, write, shareDir } of [hans, vader]) {
      await write('a.bin', bytes)
      await utimes(join(shareDir, 'a.bin'), writtenAt, writtenAt)
      await peer.publish('a.bin')
    }
    // A broken disk leaves no trace in the stamp.
    await vader.write('a.bin', Buffer.alloc(SIZE))
    await utimes(join(vader.shareDir, 'a.bin'), writtenAt, writtenAt)
    const warning = warned(yoda.peer, 'wrong piece')
    await yoda.peer.get('a.bin').done
    expect((await yoda.read('a.bin')).equals(bytes)).toBe(true)
    expect(await warning).toMatchObject({
      message: expect.stringMatching(/^"vader" sent a wrong piece \d+ \("a\.bin"\)/),
      cause: { code: 'CONTENT_MISMATCH' },
    })
  })
})
