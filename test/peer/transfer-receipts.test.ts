import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ReceiptEvent } from '../../src/index.js'
import { verifyAudit } from '../../src/index.js'
import { type NetworkOptions, TestNetwork, type TestPeer } from '../helpers/network.js'

const SIZE = 3_000_000

/** Two peers, of which hans has a file, and what the index hears of their transfers. */
class Scene implements AsyncDisposable {
  readonly events: ReceiptEvent[] = []
  root = ''
  readonly #waiters: (() => void)[] = []

  private constructor(
    readonly network: TestNetwork,
    readonly hans: TestPeer,
    readonly yoda: TestPeer,
  ) {}

  static async set(uploadRate?: number, options: NetworkOptions = {}): Promise<Scene> {
    const network = await TestNetwork.start(options)
    const early: ReceiptEvent[] = []
    let listen = (event: ReceiptEvent): void => void early.push(event)
    network.index.on('receipt', (event) => listen(event))
    const hans = await network.join('hans', uploadRate === undefined ? {} : { uploadRate })
    const yoda = await network.join('yoda')
    const scene = new Scene(network, hans, yoda)
    listen = (event) => {
      scene.events.push(event)
      for (const wake of scene.#waiters.splice(0)) wake()
    }
    await hans.write('a.bin', randomBytes(SIZE))
    await hans.peer.publish('a.bin')
    scene.root = (await yoda.peer.locate('a.bin')).root ?? ''
    return scene
  }

  /** The receipts of a user, when there are so many. */
  async of(username: string, count = 1): Promise<ReceiptEvent[]> {
    for (;;) {
      const found = this.events.filter((event) => event.username === username)
      if (found.length >= count) return found
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
  }

  /** Resolves when so many bytes of the download have come. */
  async begun(bytes: number): Promise<ReturnType<TestPeer['peer']['get']>> {
    const download = this.yoda.peer.get('a.bin')
    download.done.catch(() => {})
    await new Promise<void>((resolve) => {
      download.on('progress', ({ transferred }) => {
        if (transferred >= bytes) resolve()
      })
    })
    return download
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.network[Symbol.asyncDispose]()
  }
}

const sent = {
  username: 'hans',
  way: 'sent',
  peer: 'yoda',
  address: expect.any(Object),
  at: expect.any(Date),
}
const received = { ...sent, username: 'yoda', way: 'received', peer: 'hans' }

describe('the receipts of a transfer', () => {
  it('that went well are of both ends, with all the bytes, and come once', async () => {
    await using scene = await Scene.set()
    await scene.yoda.peer.get('a.bin').done
    const common = { root: scene.root, bytes: SIZE, outcome: 'done', ms: expect.any(Number) }
    expect(await scene.of('hans')).toEqual([{ ...sent, ...common }])
    expect(await scene.of('yoda')).toEqual([{ ...received, ...common }])
    await Promise.all([scene.hans.peer.close(), scene.yoda.peer.close()])
    expect(scene.events).toHaveLength(2)
  })

  it('that the receiver has ended say so, and how much it was', async () => {
    await using scene = await Scene.set(2_000_000)
    const download = await scene.begun(200_000)
    download.cancel()
    const [own] = await scene.of('yoda')
    const [other] = await scene.of('hans')
    expect(own).toMatchObject({ ...received, root: scene.root, outcome: 'aborted' })
    expect(other).toMatchObject({ ...sent, root: scene.root, outcome: 'aborted' })
    for (const { bytes } of [own, other] as ReceiptEvent[]) {
      expect(bytes).toBeGreaterThanOrEqual(200_000)
      expect(bytes).toBeLessThan(SIZE)
    }
  })

  it('whose source has vanished are a failure to the one who is left, and the other says it on its way out', async () => {
    await using scene = await Scene.set(2_000_000)
    const download = await scene.begun(200_000)
    await scene.hans.peer.close()
    const [own] = await scene.of('yoda')
    expect(own).toMatchObject({ ...received, root: scene.root, outcome: 'failed' })
    expect(own?.code).toBe('CLOSED')
    expect(own?.bytes).toBeLessThan(SIZE)
    expect(await scene.of('hans')).toMatchObject([{ ...sent, root: scene.root, outcome: 'aborted' }])
    download.cancel()
  })

  it('of a stream are those of a download', async () => {
    await using scene = await Scene.set()
    let bytes = 0
    for await (const part of scene.yoda.peer.createReadStream('a.bin', { start: 5, end: 9 }))
      bytes += part.length
    expect(bytes).toBe(5)
    const [own] = await scene.of('yoda')
    expect(own).toMatchObject({ ...received, root: scene.root, outcome: 'done', bytes: 131_072 })
    expect(await scene.of('hans')).toMatchObject([{ ...sent, outcome: 'done', bytes: 131_072 }])
  })

  it('wait while the index is away, and are told to the one that comes back', async () => {
    await using scene = await Scene.set(2_000_000)
    const { port } = scene.network.index.address
    const download = await scene.begun(200_000)
    await scene.network.index.close()
    await download.done
    await scene.network.startIndex(port)
    const told: string[] = []
    await new Promise<void>((resolve) => {
      scene.network.index.on('receipt', ({ username, bytes }) => {
        told.push(`${username} ${bytes}`)
        if (told.length === 2) resolve()
      })
    })
    expect(told.sort()).toEqual([`hans ${SIZE}`, `yoda ${SIZE}`])
  })
})

it('an index with an audit trail writes what happened, and no secret', async () => {
  const lines: Record<string, unknown>[] = []
  let path = ''
  let text = ''
  {
    const network = await TestNetwork.start()
    await network.index.close()
    path = join(network.folder, 'audit.ndjson')
    await using scene = await Scene.set(undefined, {
      index: { audit: path, dataDir: join(network.folder, 'index') },
    })
    await scene.hans.write('a.bin', randomBytes(10))
    await scene.hans.peer.publish('a.bin')
    await scene.yoda.peer.get('a.bin').done
    await Promise.all([scene.of('hans'), scene.of('yoda')])
    await scene.hans.peer.unpublish('a.bin')
    await expect(scene.yoda.peer.locate('a.bin')).rejects.toThrow()
    const stranger = await scene.network.makePeer('vader', { password: 'secret-of-vader' })
    await expect(stranger.peer.login()).rejects.toThrow()
    await scene.hans.peer.close()
    await scene.network.index.close()
    text = await readFile(path, 'utf8')
    lines.push(
      ...text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    )
    expect(await verifyAudit(path)).toMatchObject({ lines: lines.length })
    await network[Symbol.asyncDispose]()
  }
  expect(lines.filter(({ type }) => type !== 'receipt')).toMatchObject([
    { type: 'begin' },
    { type: 'login', user: 'hans' },
    { type: 'login', user: 'yoda' },
    { type: 'publish', user: 'hans', name: 'a.bin', size: SIZE },
    { type: 'ticket', user: 'yoda', name: 'a.bin', size: SIZE, sources: ['hans'] },
    { type: 'republish', user: 'hans', name: 'a.bin', size: 10 },
    { type: 'ticket', user: 'yoda', name: 'a.bin', size: 10, sources: ['hans'] },
    { type: 'unpublish', user: 'hans', name: 'a.bin' },
    { type: 'refused', user: 'yoda', request: 'locate', about: 'a.bin', code: 'NOT_FOUND' },
    { type: 'loginFailed', user: 'vader', reason: 'credentials' },
    { type: 'logout', user: 'hans', reason: 'logged-out' },
    { type: 'logout', user: 'yoda', reason: 'closed' },
    { type: 'end' },
  ])
  const receipts = lines.filter(({ type }) => type === 'receipt')
  expect(
    receipts.map(({ user, way, peer, bytes, outcome }) => [user, way, peer, bytes, outcome]).sort(),
  ).toEqual([
    ['hans', 'sent', 'yoda', 10, 'done'],
    ['yoda', 'received', 'hans', 10, 'done'],
  ])
  expect(text).not.toContain('falcon*solo')
  expect(text).not.toContain('secret-of-vader')
  // What a ticket begins with, and its claims.
  expect(text).not.toMatch(/eyJ[A-Za-z0-9_-]{10}/)
})

it('an index asks for receipts for the sake of its audit trail alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bittrickle-audit-'))
  const audit = join(folder, 'audit.ndjson')
  try {
    {
      await using network = await TestNetwork.start({ index: { audit } })
      const [hans, yoda] = [await network.join('hans'), await network.join('yoda')]
      await hans.write('a.bin', randomBytes(10))
      await hans.peer.publish('a.bin')
      await yoda.peer.get('a.bin').done
      // What a peer has to tell, it tells before it goes.
      await Promise.all([hans.peer.close(), yoda.peer.close()])
    }
    const receipts = (await readFile(audit, 'utf8')).split('\n').filter((line) => line.includes('"receipt"'))
    expect(receipts).toHaveLength(2)
  } finally {
    await rm(folder, { recursive: true })
  }
})
