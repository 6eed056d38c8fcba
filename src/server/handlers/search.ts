import { MAX_PAYLOAD_BYTES } from '../../channel/protocol.js'
import { BitTrickleError } from '../../errors.js'
import type { SearchRequest } from '../../wire/messages.js'
import type { HitRecord } from '../../wire/records.js'
import type { Session } from '../sessions.js'
import { type Choice, chooseContent, sourceCounts, sourcesOf } from './content-choice.js'
import type { Handler, HandlerContext } from './context.js'
import { makeFilter, type SearchTest } from './search-filter.js'

/**
 * Most names that one search puts in another order than their own. Each page of it looks for all of them and finds out
 * what each stands for, some microseconds a name: that may take as long as a few searches, and not longer.
 */
export const MAX_SORTED = 1_000

// Of a hit, as JSON has it.
const LEAST_BYTES_BESIDE_NAME = '{"name":"","sources":1},'.length

// Beside a longer name, as JSON has it, a root may not fit a datagram.
const MAX_NAME_BESIDE_ROOT = 900

/** A name that was found, and what it stands for. */
interface Found extends Choice {
  readonly name: string
}

/**
 * Lists the names that are as they are asked for, that other active users offer in a way that the caller can fetch, and
 * that the caller does not offer; each with the content that `locate` would choose of the offers that count.
 */
export const search: Handler<SearchRequest> = (context, session, request) => {
  const test = makeFilter(context, session, request)
  const { order } = request
  if (order !== undefined && order !== 'name') return sorted(context, session, request, test, order)
  const { names, next } = context.catalogue.search({
    ...test,
    ...(request.prefix === undefined ? {} : { prefix: request.prefix }),
    ...(request.after === undefined ? {} : { after: request.after }),
    ...(request.limit === undefined ? {} : { limit: request.limit }),
    excludeOwner: session.username,
  })
  const shown = request.limit === undefined ? names : names.slice(0, mostOfPage(names))
  const behind = shown.length < names.length ? shown.at(-1) : next
  const countSources = sourceCounter(context, session, request.from)
  const items = lookUp(context, session, test, shown).map((found) =>
    toHit(found, countSources(found), request),
  )
  return {
    type: 'search',
    items,
    more: behind !== undefined,
    ...(behind === undefined ? {} : { next: behind }),
  }
}

// What a name stands for need not be found out where the name itself fits no page any more.
function mostOfPage(names: readonly string[]): number {
  let room = MAX_PAYLOAD_BYTES
  const first = names.findIndex((name) => {
    room -= name.length + LEAST_BYTES_BESIDE_NAME
    return room < 0
  })
  return first === -1 ? names.length : Math.max(1, first)
}

/** The matches with the highest values first; those with the same by name. */
function sorted(
  context: HandlerContext,
  session: Session,
  request: SearchRequest,
  test: SearchTest,
  order: 'size' | 'newest' | 'sources',
): ReturnType<Handler<SearchRequest>> {
  const { prefix, after, afterValue, limit = Infinity } = request
  if ((after === undefined) !== (afterValue === undefined)) {
    throw new BitTrickleError(
      'INVALID_OPTION',
      `In the order by ${order}, a page begins after a name and its value.`,
    )
  }
  const { names, next } = context.catalogue.search({
    ...test,
    ...(prefix === undefined ? {} : { prefix }),
    limit: MAX_SORTED,
    excludeOwner: session.username,
  })
  const countSources = sourceCounter(context, session, request.from)
  const rankOf = (found: Found): number => {
    if (order === 'sources') return countSources(found)
    return order === 'size' ? (found.offer.size ?? 0) : found.offer.publishedAt.getTime()
  }
  const all = lookUp(context, session, test, names).map((found) => ({ found, value: rankOf(found) }))
  // Behind what the asker has seen last, which need not be there any more.
  const rest = all.filter(({ found: { name }, value }) => {
    if (after === undefined || afterValue === undefined) return true
    return value === afterValue ? name > after : value < afterValue
  })
  // They came in the order of their names, and that stays where values are the same.
  rest.sort((one, other) => other.value - one.value)
  return {
    type: 'search',
    items: rest.slice(0, limit).map(({ found }) => toHit(found, countSources(found), request)),
    more: rest.length > limit,
    ...(next === undefined ? {} : { partial: true }),
  }
}

/** What names stand for, of the offers that count. */
function lookUp(
  context: HandlerContext,
  session: Session,
  { includes }: SearchTest,
  names: readonly string[],
): Found[] {
  return names.flatMap((name) => {
    const choice = chooseContent(context, session, { name, includes })
    return choice === undefined ? [] : [{ name, ...choice }]
  })
}

function sourceCounter(
  context: HandlerContext,
  session: Session,
  from: string | undefined,
): (found: Found) => number {
  // A hundred names of one content, such as the empty file, are counted once, and so are a hundred sizes that somebody
  // says one root has.
  const byRoot = new Map<string, ReadonlyMap<number | undefined, number>>()
  return ({ offer }) => {
    const { root, size } = offer
    if (session.fingerprint === undefined || root === undefined) {
      return sourcesOf(context, session, offer, from).length
    }
    const counts = byRoot.get(root) ?? sourceCounts(context, session, root, from)
    byRoot.set(root, counts)
    return counts.get(size) ?? 0
  }
}

function toHit(
  { name, offer }: Found,
  sources: number,
  { details = false, order }: SearchRequest,
): HitRecord {
  const { root, size, publishedAt } = offer
  const hasRoom = details && JSON.stringify(name).length <= MAX_NAME_BESIDE_ROOT
  return {
    name,
    ...(size === undefined ? {} : { size }),
    sources,
    ...(hasRoom && root !== undefined ? { root } : {}),
    ...(details || order === 'newest' ? { publishedAt: Math.max(0, publishedAt.getTime()) } : {}),
  }
}
