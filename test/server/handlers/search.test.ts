import { describe, expect, it } from 'vitest'
import { key, Locating } from './locating.js'

const A = [key(1), 1000] as const
const B = [key(2), 2000] as const

describe('a hit', () => {
  it('has the size and the number of sources of what locate would name', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    for (const username of ['yoda', 'leia', 'luke', 'vader']) n.join(username)
    await n.publish('vader', 'a', B)
    for (const username of ['yoda', 'leia', 'offline']) await n.publish(username, 'a', A)
    await n.publish('luke', 'copy', A)
    await n.publish('luke', 'b', B)
    const hits = n.search(hans, '')
    expect(hits).toEqual([
      { name: 'a', size: 1000, sources: 3 },
      { name: 'b', size: 2000, sources: 2 },
      { name: 'copy', size: 1000, sources: 3 },
    ])
    for (const { name, size, sources } of hits) {
      const located = n.locate(hans, { name })
      expect([located.size, located.sources.length]).toEqual([size, sources])
    }
  })

  it('is only what the asker can fetch: in its way of transferring, and not its own', async () => {
    const n = new Locating()
    const [hans, luke] = [n.join('hans'), n.join('luke', 'classic')]
    n.join('yoda')
    n.join('leia', 'classic')
    await n.publish('yoda', 'sealed', A)
    await n.publish('yoda', 'unknown')
    await n.publish('leia', 'classic')
    await n.publish('yoda', 'own', A)
    await n.publish('hans', 'own', A)
    expect(n.search(hans, '')).toEqual([{ name: 'sealed', size: 1000, sources: 1 }])
    expect(n.search(luke, '')).toEqual([{ name: 'classic', sources: 1 }])
  })
})
