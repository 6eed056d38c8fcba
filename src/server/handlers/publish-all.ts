import { BitTrickleError } from '../../errors.js'
import { toAudience } from '../../wire/audience.js'
import type { PublishAllRequest } from '../../wire/messages.js'
import type { Handler } from './context.js'
import { publishItem } from './publish.js'

/**
 * Offers several names: those that are refused do not keep the others from being offered. The owner of the index is told
 * of each that is refused; the peer asks `publish` why.
 */
export const publishAll: Handler<PublishAllRequest> = async (context, session, { type, items, to }) => {
  const { username, address } = session
  const audience = toAudience(to)
  const created = await Promise.all(
    items.map(async (item) => {
      try {
        return await publishItem(context, username, item, audience)
      } catch (error) {
        // What went wrong inside is for the operator.
        if (!(error instanceof BitTrickleError)) throw error
        const at = new Date(context.clock.now())
        context.emit('refused', { username, address, request: type, about: item.name, code: error.code, at })
        return null
      }
    }),
  )
  return { type, created }
}
