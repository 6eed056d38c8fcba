import { BitTrickleError } from '../../errors.js'
import { toAudience } from '../../wire/audience.js'
import type { PublishAllRequest } from '../../wire/messages.js'
import type { Handler } from './context.js'
import { publishItem } from './publish.js'

/** Offers several names: those that are refused do not keep the others from being offered. */
export const publishAll: Handler<PublishAllRequest> = async (context, { username }, { items, to }) => {
  const audience = toAudience(to)
  const created = await Promise.all(
    items.map((item) => publishItem(context, username, item, audience).catch(refused)),
  )
  return { type: 'publishAll', created }
}

// Why, `publish` says; what went wrong inside is for the operator.
function refused(error: unknown): null {
  if (error instanceof BitTrickleError) return null
  throw error
}
