import { BitTrickleError } from '../../errors.js'
import { proofOf } from '../../transfer/ticket.js'
import type { LocateAllRequest, ReplyTo } from '../../wire/messages.js'
import type { SourceRecord } from '../../wire/records.js'
import type { Session } from '../sessions.js'
import { chooseContent, sourcesOf } from './content-choice.js'
import type { Handler, HandlerContext } from './context.js'
import { toSource } from './locate.js'
import { permit } from './permit.js'

type Found = ReplyTo<LocateAllRequest>['found'][number]

/**
 * Tells of several names in one answer where each can be fetched, from one source, and permits to. Of a name for which
 * that is not all that is to be said, it tells nothing: {@link locate} does.
 */
export const locateAll: Handler<LocateAllRequest> = (context, session, { names, from }) => {
  if (session.fingerprint === undefined) {
    throw new BitTrickleError('NOT_SUPPORTED', 'Without a certificate, names are located one by one.')
  }
  const sources: SourceRecord[] = []
  const places = new Map<Session, number>()
  const placeOf = (source: Session): number => {
    const known = places.get(source)
    if (known !== undefined) return known
    places.set(source, sources.length)
    return sources.push(toSource(source)) - 1
  }
  const found = names.map((name) => find(context, session, name, from, placeOf))
  return { type: 'locateAll', sources, found }
}

function find(
  context: HandlerContext,
  session: Session,
  name: string,
  from: string | undefined,
  placeOf: (source: Session) => number,
): Found {
  const { random } = context
  const offer = chooseContent(context, session, { name, ...(from === undefined ? {} : { from }) })?.offer
  if (offer?.root === undefined || offer.size === undefined) return null
  const active = sourcesOf(context, session, offer, from)
  const source = active[Math.floor(random() * active.length)]
  if (source === undefined) return null
  const { root, size } = offer
  const ticket = permit(context, session, { name, offer, sources: [source] })
  return ticket === undefined ? null : { root, size, source: placeOf(source), ...proofOf(ticket) }
}
