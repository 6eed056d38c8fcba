import { describe, expect, it } from 'vitest'
import { handleRequest } from '../../../src/server/handlers/index.js'
import type { Session } from '../../../src/server/sessions.js'
import type { Reply, Request } from '../../../src/wire/messages.js'
import { key, Locating } from './locating.js'

const A = { root: key(1), size: 1000 }
const B = { root: key(2), size: 2000 }

interface Offer {
  readonly by: string
  readonly name: string
  readonly root: string
  readonly size: number
  readonly audience?: string
}

// What everybody may see, and what only some may.
const OPEN: readonly Offer[] = [
  { by: 'yoda', name: 'plans/open.txt', ...A },
  { by: 'leia', name: 'plans/shared name', ...A },
  { by: 'hans', name: 'plans/own name', ...A },
]
const HIDDEN: readonly Offer[] = [
  { by: 'yoda', name: 'plans/secret.txt', ...B, audience: 'leia' },
  { by: 'yoda', name: 'plans/for design', ...B, audience: '@design luke' },
  { by: 'yoda', name: 'plans/shared name', ...B, audience: '@design' },
  { by: 'leia', name: 'plans/open.txt', ...A, audience: 'luke' },
  // The same content as one that everybody may see, under another name.
  { by: 'leia', name: 'plans/copy', ...A, audience: 'yoda' },
  { by: 'yoda', name: 'plans/own name', ...A, audience: 'leia' },
  { by: 'luke', name: 'plans/secret.txt', ...B, audience: 'luke' },
]

interface World {
  readonly net: Locating
  readonly sessions: ReadonlyMap<string, Session>
}

async function makeWorld(offers: readonly Offer[]): Promise<World> {
  const net = new Locating()
  const groups: Readonly<Record<string, readonly string[]>> = {
    luke: ['design'],
    hans: ['designers', 'desig'],
  }
  const sessions = new Map(
    ['hans', 'yoda', 'leia', 'luke'].map((username) => [
      username,
      net.join(username, 'sealed', groups[username]),
    ]),
  )
  for (const { by, name, root, size, audience } of offers) {
    const more = audience === undefined ? {} : { audience }
    await net.context.catalogue.publish({ username: by, name, root, size, ...more, publishedAt: new Date(0) })
  }
  return { net, sessions }
}

async function ask({ net, sessions }: World, username: string, request: Request): Promise<Reply> {
  const session = sessions.get(username)
  if (session === undefined) throw new Error('nobody')
  const caller = {
    address: session.address,
    username,
    deviceKey: undefined,
    bind: () => {},
    findSession: () => session,
  }
  return handleRequest(net.context, caller, request)
}

const names = [...new Set([...OPEN, ...HIDDEN].map(({ name }) => name)), 'plans/none']
const questions: readonly Request[] = [
  { type: 'peers' },
  { type: 'heartbeat' },
  { type: 'published' },
  { type: 'published', prefix: 'plans/' },
  ...['', 'plans', 'secret', 'design', 'name', 'open', 'none'].flatMap((query): Request[] => [
    { type: 'search', query },
    { type: 'search', query, limit: 1 },
    { type: 'search', query, after: 'plans/copy' },
    { type: 'search', query, prefix: 'plans/s' },
    { type: 'search', query, from: 'yoda' },
    { type: 'search', query, from: 'leia' },
    { type: 'search', query, details: true },
    { type: 'search', query, includeOffline: true, details: true },
    { type: 'search', query, root: B.root, includeOffline: true },
    { type: 'search', query, minSize: 1500 },
    { type: 'search', query, maxSize: 1500, extension: 'txt' },
    { type: 'search', query, glob: '**/*.txt', publishedBefore: 1 },
    { type: 'search', query, glob: 'plans/s*', publishedAfter: 0 },
    ...(['size', 'newest', 'sources'] as const).flatMap((order): Request[] => [
      { type: 'search', query, order },
      { type: 'search', query, order, limit: 1, includeOffline: true },
      { type: 'search', query, order, after: 'plans/open.txt', afterValue: 1000 },
    ]),
  ]),
  ...names.flatMap((name): Request[] => [
    { type: 'locate', name },
    { type: 'locate', name, root: A.root },
    { type: 'locate', name, root: B.root },
    { type: 'locate', name, from: 'yoda' },
    { type: 'locate', name, from: 'leia', root: A.root },
    { type: 'locate', name, from: 'luke' },
  ]),
]
const writes: readonly Request[] = names.flatMap((name): Request[] => [
  { type: 'unpublish', name },
  { type: 'publish', name, ...B },
  { type: 'publish', name, ...A, to: ['yoda'] },
  { type: 'unpublish', name },
])

describe('what one may not see', () => {
  it('is, in the answer to every request, as if it were not there', async () => {
    const without = await makeWorld(OPEN)
    const withHidden = await makeWorld([...OPEN, ...HIDDEN])
    for (const request of [...questions, ...writes, ...questions]) {
      const asked = JSON.stringify(request)
      expect([asked, await ask(withHidden, 'hans', request)]).toEqual([
        asked,
        await ask(without, 'hans', request),
      ])
    }
  })

  it('is there for those who may', async () => {
    const world = await makeWorld([...OPEN, ...HIDDEN])
    const found = async (username: string): Promise<string[]> => {
      const reply = await ask(world, username, { type: 'search', query: 'plans/' })
      return reply.type === 'search' ? reply.items.map(({ name, sources }) => `${name} ${sources}`) : []
    }
    expect(await found('leia')).toEqual(['plans/own name 2', 'plans/secret.txt 1'])
    expect(await found('luke')).toEqual([
      'plans/for design 1',
      'plans/open.txt 3',
      'plans/own name 3',
      // Of the two contents the newest, which the others may not see.
      'plans/shared name 1',
    ])
    expect(await found('yoda')).toEqual(['plans/copy 2'])
    expect(await ask(world, 'luke', { type: 'locate', name: 'plans/for design' })).toMatchObject({
      type: 'locate',
      root: B.root,
      sources: [{ username: 'yoda' }],
    })
  })

  it('changes at once with the audience, and with the groups of the user', async () => {
    const world = await makeWorld([])
    const locates = async (username: string): Promise<boolean> =>
      (await ask(world, username, { type: 'locate', name: 'a' })).type === 'locate'
    await ask(world, 'yoda', { type: 'publish', name: 'a', ...A, to: ['@design'] })
    expect([await locates('hans'), await locates('luke')]).toEqual([false, true])
    await ask(world, 'yoda', { type: 'publish', name: 'a', ...A, to: ['hans'] })
    expect([await locates('hans'), await locates('luke')]).toEqual([true, false])
    await ask(world, 'yoda', { type: 'publish', name: 'a', ...A })
    expect([await locates('hans'), await locates('luke')]).toEqual([true, true])
    await ask(world, 'yoda', { type: 'publish', name: 'a', ...A, to: ['@ops'] })
    expect(await locates('luke')).toBe(false)
    const groups = world.sessions.get('luke')?.groups as Set<string>
    groups.add('ops')
    expect(await locates('luke')).toBe(true)
  })

  it('tells its owner who may', async () => {
    const world = await makeWorld([])
    await ask(world, 'yoda', { type: 'publish', name: 'a', ...A, to: ['luke', '@design', 'luke'] })
    expect(await ask(world, 'yoda', { type: 'published' })).toMatchObject({
      items: [{ name: 'a', to: ['@design', 'luke'] }],
    })
  })

  it.each([
    [[], 'names nobody'],
    [['two words'], 'which contains white space'],
    [['@'], 'which is empty'],
    [['@@x'], 'which begins with "@@"'],
    [Array.from({ length: 17 }, (_, at) => `u${at}`), 'names 17 users and groups, more than 16'],
  ])('cannot be published to %j', async (to, message) => {
    const world = await makeWorld([])
    expect(await ask(world, 'yoda', { type: 'publish', name: 'a', ...A, to })).toMatchObject({
      type: 'failure',
      code: 'INVALID_OPTION',
      message: expect.stringContaining(message),
    })
  })
})
