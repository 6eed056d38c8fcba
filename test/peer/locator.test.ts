import { describe, expect, it } from 'vitest'
import { BitTrickleError } from '../../src/errors.js'
import { Locator } from '../../src/peer/locator.js'
import { RequestPace } from '../../src/peer/request-pace.js'
import type { LocateAllRequest, Replies } from '../../src/wire/messages.js'
import { ManualClock } from '../helpers/manual-clock.js'

const key = (byte: number): string => Buffer.alloc(32, byte).toString('base64url')
const SOURCE = { username: 'yoda', host: '192.0.2.1', port: 1, fingerprint: key(9) }

/** A locator whose index answers as a test says. */
function start(answer: (request: LocateAllRequest) => Omit<Replies['locateAll'], 'type'>) {
  const asked: LocateAllRequest[] = []
  const request = async (wanted: LocateAllRequest) => {
    asked.push(wanted)
    return { reply: { type: 'locateAll' as const, ...answer(wanted) }, omitted: 0 }
  }
  const locator = new Locator({
    connection: { request } as never,
    pace: new RequestPace(new ManualClock()),
    username: 'hans',
    fingerprint: async () => key(1),
  })
  const { signal } = new AbortController()
  return { asked, locator, signal }
}

const found = (size: number) => ({
  root: key(size),
  size,
  source: 0,
  expiry: 1893456060,
  signature: 'A'.repeat(86),
})

describe('questions for many names', () => {
  it('of one turn go out five at a time, fewer where they are long, and apart for each user', async () => {
    const { asked, locator, signal } = start(({ names }) => ({
      sources: [SOURCE],
      found: names.map((_name, place) => found(place)),
    }))
    const long = ['x', 'y'].map((letter) => letter.repeat(300))
    const all = ['a', 'b', 'c', 'd', 'e', 'f', ...long].map((name) => locator.locate(name, undefined, signal))
    all.push(locator.locate('g', 'yoda', signal))
    const locations = await Promise.all(all)
    expect(asked.map(({ names, from }) => [names.length, from])).toEqual([
      [5, undefined],
      [2, undefined],
      [1, undefined],
      [1, 'yoda'],
    ])
    expect(locations[4]).toMatchObject({ root: key(4), size: 4, sources: [SOURCE] })
    const [, claims = ''] = locations[4]?.ticket.split('.') ?? []
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({
      sub: 'hans',
      root: key(4),
      size: 4,
      exp: 1893456060,
      cnf: { 'x5t#S256': key(1) },
    })
  })

  it('are answered with nothing where the index says nothing, or names no source', async () => {
    const { locator, signal } = start(() => ({ sources: [], found: [null, found(1)] }))
    const all = ['a', 'b', 'c'].map((name) => locator.locate(name, undefined, signal))
    expect(await Promise.all(all)).toEqual([undefined, undefined, undefined])
  })

  it('are not put a second time to an index that does not know them', async () => {
    const { asked, locator, signal } = start(() => {
      throw new BitTrickleError('NOT_SUPPORTED', 'No.')
    })
    expect(await locator.locate('a', undefined, signal)).toBeUndefined()
    expect(await locator.locate('b', undefined, signal)).toBeUndefined()
    expect(asked).toHaveLength(1)
  })

  it('fail as any other does', async () => {
    const { locator, signal } = start(() => {
      throw new BitTrickleError('NOT_LOGGED_IN', 'No.')
    })
    await expect(locator.locate('a', undefined, signal)).rejects.toMatchObject({ code: 'NOT_LOGGED_IN' })
  })
})
