import { BitTrickleError } from '../../errors.js'
import { toAudience } from '../../wire/audience.js'
import type { PublishAllRequest } from '../../wire/messages.js'
import type { CatalogueEntry } from '../catalogue/catalogue-store.js'
import type { Handler } from './context.js'
import { type Prepared, prepareOffer, tellOffer } from './publish.js'

/**
 * Offers several names: those that are refused do not keep the others from being offered. The owner of the index is told
 * of each that is refused; the peer asks `publish` why.
 */
export const publishAll: Handler<PublishAllRequest> = async (context, session, { type, items, to }) => {
  const { username, address } = session
  const audience = toAudience(to)
  const created: (boolean | null)[] = []
  const refuse = (at: number, error: unknown): void => {
    // What went wrong inside is for the operator.
    if (!(error instanceof BitTrickleError)) throw error
    const about = items[at]?.name as string
    const refusedAt = new Date(context.clock.now())
    context.emit('refused', { username, address, request: type, about, code: error.code, at: refusedAt })
    created[at] = null
  }
  const offers: Prepared[] = []
  // Where each of them is among the items.
  const places: number[] = []
  const ahead = { entries: new Map<string, CatalogueEntry>(), fresh: 0 }
  for (const [at, item] of items.entries()) {
    try {
      const offer = prepareOffer(context, username, item, audience, ahead)
      if (offer.before === undefined) ahead.fresh++
      ahead.entries.set(item.name, offer.entry)
      offers.push(offer)
      places.push(at)
    } catch (error) {
      refuse(at, error)
    }
  }
  const results = await context.catalogue.publishAll(offers.map(({ entry }) => entry))
  for (const [number, result] of results.entries()) {
    if (typeof result !== 'boolean') continue
    created[places[number] as number] = result
    tellOffer(context, offers[number] as Prepared, result)
  }
  for (const [number, result] of results.entries()) {
    if (typeof result !== 'boolean') refuse(places[number] as number, result)
  }
  return { type, created }
}
