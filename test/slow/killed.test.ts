import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Upload } from '../../src/index.js'
import { Journal } from '../../src/peer/download/journal.js'
import { TestContent } from '../helpers/hostile-source.js'
import { SeededRandom } from '../helpers/lossy-network.js'
import { PASSWORD, TestNetwork } from '../helpers/network.js'
import { TestProcess } from '../helpers/processes.js'

const PIECE = 131_072
const KILLS = 25
const FETCH = fileURLToPath(new URL('fetch.js', import.meta.url))

/** A source in this process, and receivers in others. */
class Scene {
  readonly folder: string
  readonly served: TestContent
  readonly #network: TestNetwork
  readonly #uploads: Upload[] = []
  readonly #pieces: number

  private constructor(network: TestNetwork, served: TestContent) {
    this.#network = network
    this.served = served
    this.folder = join(network.folder, 'yoda')
    this.#pieces = served.layout.pieceCount
  }

  static async set(network: TestNetwork, size: number, uploadRate: number): Promise<Scene> {
    const scene = new Scene(network, new TestContent(randomBytes(size)))
    const hans = await network.join('hans', { uploadRate })
    hans.peer.on('upload', (upload) => scene.#uploads.push(upload))
    await hans.write('a.bin', scene.served.bytes)
    await hans.peer.publish('a.bin')
    await mkdir(scene.folder, { recursive: true })
    return scene
  }

  /** Bytes that the source has sent, in all. */
  get sent(): number {
    return this.#uploads.reduce((sum, { progress }) => sum + progress.transferred, 0)
  }

  fetch(): TestProcess {
    const args = [FETCH, this.#network.index.uri, 'yoda', this.folder, 'a.bin']
    return new TestProcess('receiver', process.execPath, args, { env: { BITTRICKLE_PASSWORD: PASSWORD } })
  }

  files(): Promise<string[]> {
    return readdir(join(this.folder, 'downloads')).then(
      (names) => names.sort(),
      () => [],
    )
  }

  /** How many pieces the journal calls verified; every one of them must be right. */
  async verified(): Promise<number> {
    const path = join(this.folder, 'downloads', 'a.bin.part')
    const record = await Journal.read(`${path}.journal`)
    if (typeof record === 'string') {
      expect(record).toBe('none')
      return 0
    }
    const { layout, bytes } = this.served
    const part = await open(path).catch(() => undefined)
    // The journal may lag behind: what is right counts, noted or not.
    let right = 0
    for (let piece = 0; piece < this.#pieces; piece++) {
      const start = layout.pieceStart(piece)
      const length = layout.pieceLength(piece)
      const there = Buffer.alloc(length)
      await part?.read(there, 0, length, start)
      const isRight = there.equals(bytes.subarray(start, start + length))
      if (isRight) right++
      else expect(record.pieces.has(piece)).toBe(false)
    }
    await part?.close()
    return right
  }

  async isRight(): Promise<boolean> {
    return (await readFile(join(this.folder, 'downloads', 'a.bin'))).equals(this.served.bytes)
  }
}

describe('a receiver that is killed', () => {
  it(`${KILLS} times at random in one download finishes it, and fetches nothing again but what was under way`, async () => {
    await using network = await TestNetwork.start()
    const random = new SeededRandom(7)
    const scene = await Scene.set(network, 240 * PIECE + 77, 6 * 1_048_576)
    let fetched = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const receiver = scene.fetch()
      // Now behind some piece, now anywhere: while it begins, logs in, or looks at what is there.
      if (random.fraction() < 0.7) {
        for (let pieces = random.below(12); pieces >= 0; pieces--) await receiver.line(/^verified/)
      } else {
        await receiver.line(random.fraction() < 0.5 ? /^online$/ : /^started$/)
      }
      await new Promise((resolve) => setTimeout(resolve, random.fraction() * 30))
      await receiver.stop('SIGKILL')
      expect((await scene.files()).filter((name) => !name.startsWith('a.bin.part'))).toEqual([])
      const verified = await scene.verified()
      expect(verified).toBeGreaterThanOrEqual(fetched)
      fetched = verified
    }
    expect(fetched).toBeGreaterThan(60)
    const last = scene.fetch()
    await last.line(/^done/)
    expect(await last.exited).toBe(0)
    expect(await scene.isRight()).toBe(true)
    expect(await scene.files()).toEqual(['a.bin'])
    const wasted = scene.sent - scene.served.bytes.length
    console.log(`sent ${wasted} bytes more than the file has, ${Math.round(wasted / KILLS)} for each kill`)
    // What it had asked for and the source had sent when it was killed; by its rate, that is little.
    expect(wasted).toBeLessThan(KILLS * 8 * PIECE)
  }, 600_000)

  it('at its last step leaves the file, or all that it takes to finish it', async () => {
    await using network = await TestNetwork.start()
    const random = new SeededRandom(8)
    const scene = await Scene.set(network, 3 * PIECE, 64 * 1_048_576)
    for (let kill = 0; kill < 8; kill++) {
      const receiver = scene.fetch()
      for (let piece = 0; piece < 3; piece++) await receiver.line(/^verified|^done/)
      await new Promise((resolve) => setTimeout(resolve, random.fraction() * 6))
      await receiver.stop('SIGKILL')
      if ((await scene.files()).includes('a.bin')) expect(await scene.isRight()).toBe(true)
      else await scene.verified()
      const { sent } = scene
      const last = scene.fetch()
      await last.line(/^done/)
      expect(await last.exited).toBe(0)
      expect(await scene.isRight()).toBe(true)
      expect(await scene.files()).toEqual(['a.bin'])
      // All of it had been verified, and is found again, noted or not.
      expect(scene.sent).toBe(sent)
      await rm(join(scene.folder, 'downloads', 'a.bin'))
    }
  }, 600_000)
})
