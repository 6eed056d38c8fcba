import { describe, expect, it } from 'vitest'
import type { Faults } from '../helpers/lossy-network.js'
import { SeededRandom } from '../helpers/lossy-network.js'
import { Harness } from './harness.js'

const all = { drop: 0.3, duplicate: 0.3, reorder: 0.3, delay: 0.3 }
const networks: [string, Faults, number][] = [
  ['drops', { ...all, duplicate: 0, reorder: 0, delay: 0 }, 500],
  ['duplicates', { ...all, drop: 0, reorder: 0, delay: 0 }, 500],
  ['reorders', { ...all, drop: 0, duplicate: 0, delay: 0 }, 500],
  ['does all of it', all, 10_000],
]

describe('over a network that', () => {
  it.each(networks)(
    '%s, each operation takes effect once and notices stay in order',
    async (_name, faults, count) => {
      const random = new SeededRandom(7)
      const effects = new Map<string, number>()
      const late = new Set<string>()
      const h = new Harness({
        seed: 5,
        faults,
        server: {
          onRequest: (_channel, request) => {
            const name = request.toString()
            effects.set(name, (effects.get(name) ?? 0) + 1)
            const reply = Buffer.from(`re ${name}`)
            if (random.fraction() < 0.7) return reply
            return new Promise((resolve) => h.clock.setTimeout(() => resolve(reply), random.fraction() * 300))
          },
        },
      })
      const { client, notices } = await h.connected()
      const expected: string[] = []
      const work: Promise<unknown>[] = []
      for (let i = 0; i < count; i++) {
        if (random.fraction() < 0.3) {
          expected.push(`n${i}`)
          const notify = async (): Promise<void> => h.opened[0]?.notify(Buffer.from(`n${i}`))
          const sent = notify()
          work.push(sent)
          if (expected.length % 32 === 0) await h.until(sent)
        } else {
          const asked = client.request(Buffer.from(`r${i}`), { deadline: 60_000 })
          late.add(`r${i}`)
          work.push(asked.then((reply) => expect(reply.toString()).toBe(`re r${i}`)))
        }
        if (i % 50 === 0) await h.clock.advance(random.below(40))
      }
      await h.until(Promise.all(work), 600_000)
      expect(notices).toEqual(expected)
      expect(effects.size).toBe(late.size)
      expect([...effects.values()].every((times) => times === 1)).toBe(true)
      client.close()
      h.server.close()
      await h.clock.advance(1000)
      expect(h.clock.timers).toBe(0)
    },
    60_000,
  )

  it('drops a tenth, a peer that heartbeats every 2 s is heard from within every 3 s', async () => {
    const h = new Harness({ seed: 11, faults: { drop: 0.1, duplicate: 0, reorder: 0, delay: 0.1 } })
    const { client, states } = await h.connected()
    let worst = 0
    for (let beat = 0; beat < 2000; beat++) {
      const acknowledged = client.request(Buffer.from('heartbeat'))
      for (let waited = 0; waited < 2000; waited += 100) {
        await h.clock.advance(100)
        worst = Math.max(worst, h.clock.monotonic() - (h.opened[0]?.heardAt ?? 0))
      }
      await acknowledged
    }
    expect(worst).toBeLessThan(3000)
    expect(states.map(({ state }) => state)).toEqual(['connecting', 'open'])
  }, 30_000)
})
