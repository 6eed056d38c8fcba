import { describe, expect, it } from 'vitest'
import { BitTrickleError } from '../../src/errors.js'
import type { Request } from '../../src/wire/messages.js'
import { SeededRandom } from '../helpers/lossy-network.js'
import { SealedNetwork, type SealedPeer } from '../helpers/sealed-network.js'

const EVERYTHING = { drop: 0.3, duplicate: 0.3, reorder: 0.3, delay: 0.3 }
const PEERS = 20
const OPERATIONS = 500

/** What one user offers, as it must be after each operation. */
class Model {
  readonly #names = new Set<string>()

  get names(): string[] {
    return [...this.#names].sort()
  }

  /** What the index must answer. */
  expect(request: Request): unknown {
    switch (request.type) {
      case 'publish': {
        const created = !this.#names.has(request.name)
        this.#names.add(request.name)
        return { type: 'publish', name: request.name, created }
      }
      case 'unpublish':
        return this.#names.delete(request.name) ? { type: 'unpublish', name: request.name } : 'NOT_PUBLISHED'
      case 'locate':
        return 'OWN_PUBLICATION or NOT_FOUND'
      default:
        return { type: 'published', items: this.names.map((name) => ({ name })), more: false }
    }
  }
}

function anyRequest(random: SeededRandom): Request {
  const name = `file ${random.below(8)}`
  const dice = random.below(10)
  if (dice < 4) return { type: 'publish', name }
  if (dice < 8) return { type: 'unpublish', name }
  return dice === 8 ? { type: 'published' } : { type: 'locate', name: 'nobody has it' }
}

async function outcome({ connection }: SealedPeer, request: Request): Promise<unknown> {
  try {
    return (await connection.request(request)).reply
  } catch (error) {
    if (!(error instanceof BitTrickleError)) throw error
    return error.code === 'NOT_FOUND' ? 'OWN_PUBLICATION or NOT_FOUND' : error.code
  }
}

describe('over a network that loses, doubles, reorders and delays three in ten datagrams', () => {
  it(`${PEERS * OPERATIONS} operations of ${PEERS} peers each take effect once, and in order`, async () => {
    const n = new SealedNetwork({ seed: 3, faults: EVERYTHING, authenticate: () => true })
    const peers = await Promise.all(Array.from({ length: PEERS }, (_, at) => n.peer(`user${at}`)))
    await n.until(Promise.all(peers.map(({ connection }) => connection.login())))
    let done = 0
    const work = peers.map(async (peer, at) => {
      const random = new SeededRandom(100 + at)
      const model = new Model()
      for (let turn = 0; turn < OPERATIONS; turn++) {
        const request = anyRequest(random)
        const expected = model.expect(request)
        // So many losses in a row that the peer takes the index for lost do happen, and pass.
        while (peer.connection.state !== 'online') await n.sleep(100)
        expect(await outcome(peer, request)).toEqual(expected)
        done++
      }
      expect(n.catalogue.publishedBy(`user${at}`).map(({ name }) => name)).toEqual(model.names)
    })
    await n.until(Promise.all(work), 3_600_000)
    expect(done).toBe(PEERS * OPERATIONS)
    for (const { connection } of peers) void connection.close()
    await n.clock.advance(5000)
    await n.entrances.close()
  }, 60_000)
})

describe('over a network that loses a tenth', () => {
  it('no live peer is ever taken for dead', async () => {
    const n = new SealedNetwork({
      seed: 8,
      faults: { drop: 0.1, duplicate: 0, reorder: 0, delay: 0.1 },
      authenticate: () => true,
    })
    const gone: string[] = []
    n.events.on('expired', ({ username }) => gone.push(username))
    const peers = Array.from({ length: 25 }, (_, at) => n.peer(`user${at}`))
    await n.until(Promise.all(peers.map(({ connection }) => connection.login())))
    for (let minute = 0; minute < 10; minute++) {
      for (let moment = 0; moment < 120; moment++) {
        await n.clock.advance(500)
        n.context.sessions.expire()
      }
    }
    expect(gone).toEqual([])
    expect(peers.map(({ story }) => story.join())).toEqual(peers.map(() => 'online'))
  }, 60_000)
})

describe('an index that is started anew', () => {
  it('does not get all its peers back in one instant', async () => {
    const n = new SealedNetwork({
      seed: 4,
      authenticate: () => true,
      limits: { handshakesPerSecond: 10_000 },
    })
    const peers = Array.from({ length: 200 }, (_, at) => n.peer(`user${at}`))
    await n.until(Promise.all(peers.map(({ connection }) => connection.login())))
    await n.entrances.close()
    const hellos: number[] = []
    const seen = new Set<string>()
    n.network.tap = ({ datagram, from }) => {
      if (datagram[0] === 0x80 && !seen.has(from.host)) {
        seen.add(from.host)
        hellos.push(n.clock.monotonic())
      }
      return true
    }
    const restarted = n.clock.monotonic()
    n.startIndex()
    await n.pass(() => peers.every(({ story }) => story.length === 3))
    expect(new Set(peers.map(({ story }) => story.join()))).toEqual(
      new Set(['online,INDEX_UNREACHABLE,online']),
    )
    const perTenth = new Map<number, number>()
    for (const at of hellos) {
      const slot = Math.floor((at - restarted) / 100)
      perTenth.set(slot, (perTenth.get(slot) ?? 0) + 1)
    }
    expect(hellos).toHaveLength(200)
    // A second is ten such slots: evenly spread, each would hold twenty.
    expect(Math.max(...perTenth.values())).toBeLessThan(45)
    expect(perTenth.size).toBeGreaterThanOrEqual(8)
  }, 60_000)
})
