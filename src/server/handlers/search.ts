import { BitTrickleError } from '../../errors.js'
import type { SearchRequest } from '../../wire/messages.js'
import { prefixProblem, queryProblem } from '../../wire/names.js'
import type { HitRecord } from '../../wire/records.js'
import type { Session } from '../sessions.js'
import { chooseContent, contentKey, isOfUse, sourcesOf } from './content-choice.js'
import type { Handler, HandlerContext } from './context.js'

/**
 * Lists the names that begin and contain what is asked for, that other active users offer in a way that the caller can
 * fetch, and that the caller does not offer; each as `locate` would answer it.
 */
export const search: Handler<SearchRequest> = (context, session, request) => {
  const { query, words = [], ignoreCase = false, prefix = '', from } = request
  for (const text of [query, ...words]) assertText('text to search for', queryProblem(text))
  assertText('prefix', prefixProblem(prefix))
  const isUseful = isOfUse(context, session)
  const { names, next } = context.catalogue.search({
    ...(request.prefix === undefined ? {} : { prefix }),
    ...(request.after === undefined ? {} : { after: request.after }),
    ...(request.limit === undefined ? {} : { limit: request.limit }),
    words: [query, ...words],
    matchCase: !ignoreCase,
    includes: from === undefined ? isUseful : (offer) => offer.username === from && isUseful(offer),
    excludeOwner: session.username,
  })
  const items = names.map(hitMaker(context, session, from))
  return { type: 'search', items, more: next !== undefined, ...(next === undefined ? {} : { next }) }
}

function assertText(what: string, problem: string | undefined): void {
  if (problem !== undefined) throw new BitTrickleError('INVALID_NAME', `The ${what} ${problem}.`)
}

function hitMaker(
  context: HandlerContext,
  session: Session,
  from: string | undefined,
): (name: string) => HitRecord {
  // A hundred names of one content, such as the empty file, are counted once.
  const counts = new Map<string, number>()
  const wanted = from === undefined ? {} : { from }
  return (name) => {
    const offer = chooseContent(context, session, { name, ...wanted })?.offer
    if (offer === undefined) return { name }
    const isByRoot = session.fingerprint !== undefined
    const key = isByRoot ? contentKey(offer) : name
    const sources = counts.get(key) ?? sourcesOf(context, session, offer, from).length
    counts.set(key, sources)
    return { name, ...(offer.size === undefined ? {} : { size: offer.size }), sources }
  }
}
