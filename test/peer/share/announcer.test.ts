import { describe, expect, it } from 'vitest'
import { BitTrickleError } from '../../../src/errors.js'
import { RequestPace } from '../../../src/peer/request-pace.js'
import { type Announcement, Announcer } from '../../../src/peer/share/announcer.js'
import type { PublishAllRequest, PublishRequest } from '../../../src/wire/messages.js'
import { ManualClock } from '../../helpers/manual-clock.js'

type Asked = PublishRequest | PublishAllRequest

const namesOf = (request: Asked): string[] =>
  request.type === 'publish' ? [request.name] : request.items.map(({ name }) => name)

/** An announcer whose index answers as a test says; by default it takes all. */
function start(
  answer: (request: Asked) => unknown = ({ type, ...rest }) => take({ type, ...rest } as Asked),
) {
  const asked: Asked[] = []
  const request = async (wanted: Asked) => {
    asked.push(wanted)
    return { reply: await answer(wanted), omitted: 0 }
  }
  const announcer = new Announcer({
    connection: { request } as never,
    pace: new RequestPace(new ManualClock()),
  })
  const announceAll = (names: readonly string[], audience?: string, signal?: AbortSignal) =>
    Promise.allSettled(names.map((name) => announcer.announce({ name }, { audience, signal })))
  return { asked, announcer, announceAll }
}

const take = (request: Asked) =>
  request.type === 'publish'
    ? { type: 'publish', name: request.name, created: true }
    : { type: 'publishAll', created: request.items.map(() => true) }

const refuse = (code: 'INVALID_NAME' | 'NOT_SUPPORTED' | 'INDEX_FULL'): never => {
  throw new BitTrickleError(code, 'No.')
}

const letters = (count: number): string[] => Array.from({ length: count }, (_, at) => `${at}`)

describe('names that are announced', () => {
  it('alone go out alone', async () => {
    const { asked, announceAll } = start()
    expect(await announceAll(['a'], 'yoda')).toEqual([{ status: 'fulfilled', value: undefined }])
    expect(asked).toEqual([{ type: 'publish', name: 'a', to: ['yoda'] }])
  })

  it('together share requests, sixteen at most, and no more than fit a datagram', async () => {
    const { asked, announcer } = start()
    const root = Buffer.alloc(32).toString('base64url')
    const long: Announcement[] = letters(5).map((letter) => ({ name: letter.repeat(400), root, size: 1 }))
    const items = [...letters(33).map((name) => ({ name })), ...long]
    await Promise.all(items.map((item) => announcer.announce(item, { audience: undefined })))
    expect(asked.flatMap(namesOf)).toEqual(items.map(({ name }) => name))
    expect(asked.map((request) => namesOf(request).length)).toEqual([16, 16, 3, 2, 1])
    for (const request of asked) expect(JSON.stringify(request).length).toBeLessThanOrEqual(1160)
    expect(asked[2]).toMatchObject({ items: [{ name: '32' }, { root, size: 1 }, { root, size: 1 }] })
  })

  it('for others, or of another caller, go apart', async () => {
    const { asked, announceAll } = start()
    const { signal } = new AbortController()
    await Promise.all([
      announceAll(['a', 'b']),
      announceAll(['c', 'd'], '@team yoda'),
      announceAll(['e'], undefined, signal),
    ])
    expect(asked.map(namesOf)).toEqual([['a', 'b'], ['c', 'd'], ['e']])
    expect(asked[1]).toMatchObject({ type: 'publishAll', to: ['@team', 'yoda'] })
  })

  it('while others are on their way wait until a request is full, or an answer is there', async () => {
    const answers: (() => void)[] = []
    const { asked, announceAll } = start(
      (request) => new Promise((resolve) => answers.push(() => resolve(take(request)))),
    )
    const turn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))
    const all = [announceAll(['first'])]
    await turn()
    all.push(announceAll(['a', 'b']))
    await turn()
    expect(asked.map(namesOf)).toEqual([['first']])
    all.push(announceAll(letters(15)))
    await turn()
    // Full: it need not wait. The rest does.
    expect(asked.map((request) => namesOf(request).length)).toEqual([1, 16])
    answers[0]?.()
    await turn()
    expect(asked.map((request) => namesOf(request).length)).toEqual([1, 16])
    answers[1]?.()
    await turn()
    expect(asked.map((request) => namesOf(request).length)).toEqual([1, 16, 1])
    answers[2]?.()
    await Promise.all(all)
  })

  it('are announced alone where they were refused among others, which says why', async () => {
    const { asked, announceAll } = start((request) => {
      if (request.type === 'publish') return request.name === 'bad' ? refuse('INVALID_NAME') : take(request)
      // The last one did not fit the answer.
      return { type: 'publishAll', created: [true, null] }
    })
    const results = await announceAll(['a', 'bad', 'c'])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(results[1]).toMatchObject({ reason: { code: 'INVALID_NAME' } })
    expect(asked.map(namesOf)).toEqual([['a', 'bad', 'c'], ['bad'], ['c']])
  })

  it('are announced one by one to an index that knows no other way, which is not asked again', async () => {
    const { asked, announceAll } = start((request) =>
      request.type === 'publishAll' ? refuse('NOT_SUPPORTED') : take(request),
    )
    const results = [...(await announceAll(['a', 'b'])), ...(await announceAll(['c', 'd']))]
    expect(results.map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'))
    expect(asked.map(namesOf)).toEqual([['a', 'b'], ['a'], ['b'], ['c'], ['d']])
  })

  it('fail together, as any other does', async () => {
    const { announceAll } = start(() => refuse('INDEX_FULL'))
    const results = await announceAll(['a', 'b'])
    expect(results).toMatchObject([{ reason: { code: 'INDEX_FULL' } }, { reason: { code: 'INDEX_FULL' } }])
  })
})
