import { BitTrickleError } from '../../errors.js'
import type { SearchRequest } from '../../wire/messages.js'
import { queryProblem } from '../../wire/names.js'
import type { HitRecord } from '../../wire/records.js'
import type { Session } from '../sessions.js'
import { chooseContent, contentKey, isOfUse, sourcesOf } from './content-choice.js'
import type { Handler, HandlerContext } from './context.js'
import { toPage } from './page.js'

/**
 * Lists the names that contain the text, that other active users offer in a way that the caller can fetch, and that
 * the caller does not offer; each as `locate` would answer it.
 */
export const search: Handler<SearchRequest> = (context, session, request) => {
  const problem = queryProblem(request.query)
  if (problem !== undefined) throw new BitTrickleError('INVALID_NAME', `The text to search for ${problem}.`)
  const page = toPage(request, (range) =>
    context.catalogue.search({
      ...range,
      contains: request.query,
      includes: isOfUse(context, session),
      excludeOwner: session.username,
    }),
  )
  return { type: 'search', items: page.items.map(hitMaker(context, session)), more: page.more }
}

function hitMaker(context: HandlerContext, session: Session): (name: string) => HitRecord {
  // A hundred names of one content, such as the empty file, are counted once.
  const counts = new Map<string, number>()
  return (name) => {
    const offer = chooseContent(context, session, { name })
    if (offer === undefined) return { name }
    const isByRoot = session.fingerprint !== undefined
    const key = isByRoot ? contentKey(offer) : name
    const sources = counts.get(key) ?? sourcesOf(context, session, offer).length
    counts.set(key, sources)
    return { name, ...(offer.size === undefined ? {} : { size: offer.size }), sources }
  }
}
