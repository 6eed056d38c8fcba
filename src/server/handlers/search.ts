import { BitTrickleError } from '../../errors.js'
import type { SearchRequest } from '../../wire/messages.js'
import { queryProblem } from '../../wire/names.js'
import type { Handler } from './context.js'
import { toPage } from './page.js'

/** Names what other active users offer and the caller does not, where the name contains the text. */
export const search: Handler<SearchRequest> = ({ catalogue, sessions }, { username }, request) => {
  const problem = queryProblem(request.query)
  if (problem !== undefined) throw new BitTrickleError('INVALID_NAME', `The text to search for ${problem}.`)
  const page = toPage(request, (range) =>
    catalogue.search({
      ...range,
      contains: request.query,
      includes: (owner) => sessions.isActive(owner),
      excludeOwner: username,
    }),
  )
  return { type: 'search', items: page.items.map((name) => ({ name })), more: page.more }
}
