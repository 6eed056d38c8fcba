import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_SORTED, search } from '../../../src/server/handlers/search.js'
import type { Session } from '../../../src/server/sessions.js'
import type { ReplyTo, SearchRequest } from '../../../src/wire/messages.js'
import { key, Locating } from './locating.js'

type Reply = ReplyTo<SearchRequest>
type Item = Reply['items'][number]

const ask = (n: Locating, session: Session, request: Omit<SearchRequest, 'type'>): Reply =>
  search(n.context, session, { type: 'search', ...request }) as Reply

/** What the items of an order are sorted by. */
const RANKS = {
  size: ({ size = 0 }: Item) => size,
  newest: ({ publishedAt = 0 }: Item) => publishedAt,
  sources: ({ sources = 0 }: Item) => sources,
}

/** All pages, as a peer reads them. */
function readAll(n: Locating, session: Session, request: Omit<SearchRequest, 'type'>): Item[] {
  const all: Item[] = []
  let page: Partial<SearchRequest> = {}
  for (;;) {
    const { items, more, next } = ask(n, session, { ...request, ...page })
    all.push(...items)
    const last = items.at(-1)
    const after = next ?? last?.name
    if (!more || after === undefined) return all
    const { order = 'name' } = request
    page = { after, ...(order === 'name' || !last ? {} : { afterValue: RANKS[order](last) }) }
  }
}

interface Offer {
  readonly username: string
  readonly name: string
  readonly root: string
  readonly size: number
  readonly at: number
}

async function publish(n: Locating, { username, name, root, size, at }: Offer): Promise<void> {
  await n.context.catalogue.publish({ username, name, root, size, publishedAt: new Date(at) })
}

const users = ['yoda', 'leia', 'offline']
const contents = [1, 2, 3].map((number) => ({ root: key(number), size: number * 100 }))
const offers = fc.uniqueArray(
  fc.record({
    username: fc.constantFrom(...users),
    name: fc.constantFrom('a.jpg', 'b.JPG', 'c.txt', 'd/a.jpg', 'd/e/f.txt', 'x'),
    content: fc.constantFrom(...contents),
    at: fc.integer({ min: 1, max: 9 }),
  }),
  { selector: ({ username, name }) => `${username} ${name}`, maxLength: 14 },
)
// Few at a time: all of them together leave nothing to find.
const optional = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 6 }, { arbitrary: value, weight: 1 })
const requests = fc.record({
  query: fc.constantFrom('', '', '', 'a', 'txt'),
  ignoreCase: fc.boolean(),
  from: optional(fc.constantFrom(...users)),
  root: optional(fc.constantFrom(...contents.map(({ root }) => root))),
  minSize: optional(fc.constantFrom(100, 101, 200)),
  maxSize: optional(fc.constantFrom(100, 200, 299)),
  extension: optional(fc.constantFrom('jpg', 'TXT')),
  glob: optional(fc.constantFrom('d/**', '*.jpg', '**/a.*')),
  publishedAfter: optional(fc.integer({ min: 0, max: 9 })),
  publishedBefore: optional(fc.integer({ min: 0, max: 9 })),
  includeOffline: fc.boolean(),
  order: fc.constantFrom('name' as const, 'size' as const, 'newest' as const, 'sources' as const),
  limit: fc.integer({ min: 1, max: 4 }),
})
type Drawn = typeof requests extends fc.Arbitrary<infer Request> ? Request : never
const GLOBS: Readonly<Record<string, RegExp>> = {
  'd/**': /^d\/.*$/,
  '*.jpg': /^[^/]*\.jpg$/,
  '**/a.*': /^(.+\/)?a\.[^/]*$/,
}

/** What a search is to find, said as plainly as can be. */
function model(all: readonly Offer[], request: Drawn): Item[] {
  const { query, ignoreCase, from, root, extension, glob, order, includeOffline } = request
  const { minSize = 0, maxSize = Infinity, publishedAfter = -1, publishedBefore = Infinity } = request
  const seen = (text: string): string => (ignoreCase ? text.toLowerCase() : text)
  const pattern = glob === undefined ? /^/ : (GLOBS[glob] as RegExp)
  const isActive = ({ username }: Offer): boolean => username !== 'offline'
  const found = [...new Set(all.map(({ name }) => name))].sort().flatMap((name): Item[] => {
    if (!seen(name).includes(seen(query)) || !pattern.test(seen(name))) return []
    if (extension !== undefined && !name.toLowerCase().endsWith(`.${extension.toLowerCase()}`)) return []
    const mine = all.filter(
      (offer) =>
        offer.name === name &&
        (includeOffline || isActive(offer)) &&
        (from === undefined || offer.username === from) &&
        (root === undefined || offer.root === root) &&
        offer.size >= minSize &&
        offer.size <= maxSize &&
        offer.at > publishedAfter &&
        offer.at < publishedBefore,
    )
    const firsts = mine.filter((offer, at) => mine.findIndex((each) => each.root === offer.root) === at)
    const most = (offer: Offer): number =>
      mine.filter((each) => each.root === offer.root && isActive(each)).length
    let best: Offer | undefined
    for (const first of firsts) if (best === undefined || most(first) >= most(best)) best = first
    if (best === undefined) return []
    const chosen = best
    const having = all.filter(
      (each) => isActive(each) && each.root === chosen.root && (from === undefined || each.username === from),
    )
    const sources = new Set(having.map(({ username }) => username)).size
    return [{ name, size: best.size, sources, root: best.root, publishedAt: best.at }]
  })
  if (order === 'name') return found
  return found.sort((one, other) => RANKS[order](other) - RANKS[order](one))
}

describe('a search with filters and in an order', () => {
  it('finds what a plain model finds, page by page', async () => {
    await fc.assert(
      fc.asyncProperty(offers, requests, async (drawn, request) => {
        const n = new Locating()
        const hans = n.join('hans')
        for (const username of ['yoda', 'leia']) n.join(username)
        const all = drawn.map(({ content, ...offer }) => ({ ...offer, ...content }))
        for (const offer of all) await publish(n, offer)
        const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined))
        const items = readAll(n, hans, { ...given, query: request.query, details: true })
        expect(items).toEqual(model(all, request))
      }),
      { numRuns: 300 },
    )
  })

  it('gives each name that stays once, while others come and go between its pages', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    n.join('yoda')
    const offer = (name: string, size: number): Offer => ({
      username: 'yoda',
      name,
      root: key(size),
      size,
      at: 1,
    })
    for (let size = 1; size <= 9; size++) await publish(n, offer(`a${size}`, size))
    const first = ask(n, hans, { query: '', order: 'size', limit: 3 })
    expect(first.items.map(({ name }) => name)).toEqual(['a9', 'a8', 'a7'])
    expect(first.more).toBe(true)
    // The last one goes, one comes before it and one behind it.
    await n.context.catalogue.unpublish('yoda', 'a7')
    await publish(n, offer('b', 8))
    await publish(n, offer('b5', 5))
    const rest = ask(n, hans, { query: '', order: 'size', after: 'a7', afterValue: 7 })
    expect(rest.items.map(({ name }) => name)).toEqual(['a6', 'a5', 'b5', 'a4', 'a3', 'a2', 'a1'])
    expect(rest.more).toBe(false)
  })

  it('says when there are more names than it sorts', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    n.join('yoda')
    for (let number = 0; number < MAX_SORTED; number++) {
      await publish(n, { username: 'yoda', name: `a${10_000 + number}`, root: key(1), size: 1, at: number })
    }
    const request = { query: 'a', order: 'newest', limit: 1 } as const
    const whole = ask(n, hans, request)
    expect(whole.items).toMatchObject([{ name: `a${10_000 + MAX_SORTED - 1}` }])
    expect(whole).not.toHaveProperty('partial')
    await publish(n, { username: 'yoda', name: 'b a', root: key(1), size: 1, at: 9e9 })
    const partial = ask(n, hans, request)
    expect(partial).toEqual({ ...whole, partial: true })
  })

  it.each([
    [{ glob: '' }, 'INVALID_NAME', 'The glob is empty.'],
    [{ glob: 'a\\b' }, 'INVALID_NAME', 'The glob contains a backslash, which no name has.'],
    [{ glob: 'ü'.repeat(129) }, 'INVALID_NAME', 'The glob is longer than 256 bytes.'],
    [{ extension: '.jpg' }, 'INVALID_NAME', 'The extension begins with a dot; leave it out.'],
    [{ extension: 'a/b' }, 'INVALID_NAME', 'The extension contains a slash.'],
    [
      { order: 'size', after: 'a' },
      'INVALID_OPTION',
      'In the order by size, a page begins after a name and its value.',
    ],
  ] as const)('is refused with %j', (more, code, message) => {
    const n = new Locating()
    const hans = n.join('hans')
    expect(() => ask(n, hans, { query: '', ...more })).toThrow(expect.objectContaining({ code, message }))
  })

  it('leaves out the root beside a name that fills the datagram, and nothing else', async () => {
    const n = new Locating()
    const hans = n.join('hans')
    n.join('yoda')
    const name = '"'.repeat(512)
    await publish(n, { username: 'yoda', name, root: key(1), size: 2, at: 3 })
    expect(ask(n, hans, { query: '', details: true }).items).toEqual([
      { name, size: 2, sources: 1, publishedAt: 3 },
    ])
  })
})
