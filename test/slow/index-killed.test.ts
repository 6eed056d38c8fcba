import { mkdir, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { type CatalogueEntry, Peer, SqliteStore } from '../../src/index.js'
import { SeededRandom } from '../helpers/lossy-network.js'
import { Playground } from '../helpers/processes.js'

const KILLS = 20
const EACH = 500
const USERS = { hans: 'falcon*solo', yoda: 'wise@!man' }

/** A peer that publishes one file under ever more names. */
class Publisher {
  readonly peer: Peer
  readonly acknowledged = new Set<string>()
  readonly asked = new Set<string>()
  readonly #username: string

  constructor(username: string, password: string, server: string, folder: string) {
    this.#username = username
    this.peer = new Peer({ server, username, password, shareDir: folder, stateDir: `${folder}-state` })
  }

  /** Publishes until so many more were acknowledged, or one was not. */
  async publish(count: number, onAcknowledged: () => void): Promise<void> {
    let left = count
    const publishNext = async (): Promise<void> => {
      while (left-- > 0) {
        const name = `${this.#username}/${this.asked.size}`
        this.asked.add(name)
        try {
          await this.peer.publish('file', { name })
        } catch {
          left = 0
          return
        }
        this.acknowledged.add(name)
        onAcknowledged()
      }
    }
    await Promise.all(Array.from({ length: 32 }, publishNext))
  }

  /** What of it is in a catalogue must be whole, and all that was acknowledged must be there. */
  check(store: SqliteStore): void {
    const entries = store.publishedBy(this.#username)
    const names = new Set(entries.map(({ name }) => name))
    for (const name of this.acknowledged) expect(names).toContain(name)
    for (const entry of entries) expect(this.asked).toContain(entry.name)
    expect(new Set(entries.map(whatItIs)).size).toBeLessThanOrEqual(1)
    for (const { root, size } of entries) expect([root?.length, size]).toEqual([43, 9])
  }
}

const whatItIs = ({ root, size }: CatalogueEntry): string => `${root} ${size}`

it(`an index that is killed ${KILLS} times while ${KILLS * EACH} names are published has every acknowledged one, and its peers come back`, async () => {
  await using playground = await Playground.create()
  const random = new SeededRandom(11)
  let index = await playground.index('--data', playground.path('data'))
  const publishers = await Promise.all(
    Object.entries(USERS).map(async ([username, password]) => {
      const folder = playground.path(`${username}-share`)
      await mkdir(folder)
      await writeFile(`${folder}/file`, 'some text')
      return new Publisher(username, password, index.uri, folder)
    }),
  )
  try {
    await Promise.all(publishers.map(({ peer }) => peer.login()))
    for (let kill = 0; kill < KILLS; kill++) {
      const back = publishers.map(({ peer }) => new Promise((resolve) => peer.once('online', resolve)))
      const killAfter = 1 + random.below(EACH - 50)
      let acknowledged = 0
      let reached = (): void => {}
      const killing = new Promise<void>((resolve) => {
        reached = resolve
      })
      const publishing = publishers.map((publisher) =>
        publisher.publish(EACH / publishers.length, () => {
          acknowledged += 1
          if (acknowledged === killAfter) reached()
        }),
      )
      await killing
      await index.program.stop('SIGKILL')
      const store = new SqliteStore(playground.path('data', 'catalogue.db'))
      await store.open()
      for (const publisher of publishers) publisher.check(store)
      await store.close()
      index = await playground.index(index.port, '--data', playground.path('data'))
      await Promise.all(back)
      await Promise.all(publishing)
    }
    const total = publishers.reduce((sum, publisher) => sum + publisher.acknowledged.size, 0)
    expect(total).toBeGreaterThan((KILLS * EACH) / 4)
    for (const publisher of publishers) {
      const names = new Set((await publisher.peer.published()).map(({ name }) => name))
      for (const name of publisher.acknowledged) expect(names).toContain(name)
    }
  } finally {
    await Promise.all(publishers.map(({ peer }) => peer.close()))
  }
}, 600_000)
