import { describe, expect, it } from 'vitest'
import { ticketOf } from '../../../src/transfer/ticket.js'
import { decodeReply, encodeReply } from '../../../src/wire/codec.js'
import { key, Locating } from './locating.js'

describe('to a peer with a certificate, locateAll', () => {
  it('tells of each name what locate does, once for all that have one source, and nothing of the others', async () => {
    const n = new Locating()
    const [hans, yoda] = [n.join('hans'), n.join('yoda')]
    n.join('leia')
    await n.publish('yoda', 'a', [key(1), 1])
    await n.publish('yoda', 'b', [key(2), 2])
    await n.publish('leia', 'c', [key(3), 3])
    await n.publish('hans', 'mine', [key(4), 4])
    const { sources, found } = n.locateAll(hans, { names: ['a', 'none', 'b', 'mine', 'c'] })
    expect(sources.map(({ username }) => username)).toEqual(['yoda', 'leia'])
    expect(sources[0]?.fingerprint).toBe(yoda.fingerprint)
    expect(found.map((each) => each && [each.size, each.source])).toEqual([
      [1, 0],
      null,
      [2, 0],
      null,
      [3, 1],
    ])
    for (const [place, name] of ['a', '', 'b'].entries()) {
      const each = found[place]
      if (!each) continue
      const claims = {
        username: 'hans',
        fingerprint: hans.fingerprint ?? '',
        root: each.root,
        size: each.size,
      }
      expect(ticketOf(claims, each)).toBe(n.locate(hans, { name }).ticket)
    }
  })

  it('takes a source at random, and those of one user alone where that is wanted', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    for (const username of ['yoda', 'leia']) {
      n.join(username)
      await n.publish(username, 'a', [key(1), 1])
    }
    const chosen = [0, 0.99].map((random) => {
      Object.assign(n.context, { random: () => random })
      return n.locateAll(hans, { names: ['a'] }).sources[0]?.username
    })
    expect(chosen.sort()).toEqual(['leia', 'yoda'])
    expect(n.locateAll(hans, { names: ['a'], from: 'leia' }).sources[0]?.username).toBe('leia')
    expect(n.locateAll(hans, { names: ['a'], from: 'luke' }).found).toEqual([null])
  })

  it('leaves the last out when they do not fit, and keeps the order', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    n.join('yoda')
    const names = ['a', 'b', 'c', 'd', 'e']
    for (const [number, name] of names.entries()) await n.publish('yoda', name, [key(number), number])
    const reply = n.locateAll(hans, { names })
    const bytes = encodeReply(reply, 700)
    expect(bytes.length).toBeLessThanOrEqual(700)
    const { found } = decodeReply({ type: 'locateAll', names }, bytes) as typeof reply
    expect(found.length).toBeGreaterThan(1)
    expect(found).toEqual(reply.found.slice(0, found.length))
    expect(encodeReply(reply, 1160).length).toBe(JSON.stringify(reply).length)
  })
})

it('to a peer without a certificate, locateAll is refused', () => {
  const n = new Locating()
  const hans = n.join('hans', 'classic')
  expect(() => n.locateAll(hans, { names: ['a'] })).toThrow(
    expect.objectContaining({ code: 'NOT_SUPPORTED' }),
  )
})
