import { BitTrickleError } from '../../errors.js'
import type { LocateRequest } from '../../wire/messages.js'
import { quote } from '../../wire/names.js'
import type { SourceRecord } from '../../wire/records.js'
import type { CatalogueEntry } from '../catalogue/catalogue-store.js'
import type { Session } from '../sessions.js'
import { chooseContent, sourcesOf } from './content-choice.js'
import type { Handler, HandlerContext } from './context.js'
import { permit } from './permit.js'
import { makeSight } from './visibility.js'

/** Tells where a name, or a content, can be fetched now, and permits to fetch it. */
export const locate: Handler<LocateRequest> = (context, session, request) => {
  const { catalogue, limits, random } = context
  const { username, fingerprint } = session
  const { name, from } = request
  // The original protocol refuses one's own name whoever else has it: its peer would write over its own file.
  const isRefused = fingerprint === undefined && catalogue.has(username, name)
  const choice = isRefused ? undefined : chooseContent(context, session, request)
  if (choice === undefined) throw nothingToFetch(context, session, request)
  const { offer, contents } = choice
  const active = sourcesOf(context, session, offer, from)
  // In random order: whoever asks next is sent elsewhere, and no source carries all of a popular name.
  const chosen = active.length === 1 ? active : shuffle(active, random).slice(0, limits.sources)
  const ticket = permit(context, session, { name, offer, sources: chosen })
  return {
    type: 'locate',
    sources: chosen.map(toSource),
    ...contentOf(offer),
    ...(ticket && { ticket }),
    // Who said which one knows that there are others.
    ...(contents > 1 && request.root === undefined ? { contents } : {}),
  }
}

function contentOf({ root, size }: CatalogueEntry): { root?: string; size?: number } {
  return root === undefined || size === undefined ? {} : { root, size }
}

function nothingToFetch(
  { catalogue }: HandlerContext,
  session: Session,
  { name, root, from = session.username }: LocateRequest,
): BitTrickleError {
  const { username, fingerprint } = session
  const maySee = makeSight(session)
  const offers = catalogue
    .offers(name)
    .filter((offer) => offer.username === username || maySee(offer.audience))
    .filter((offer) => root === undefined || offer.root === root)
  const own = offers.filter((offer) => offer.username === username)
  if (from === username && own.length > 0 && (fingerprint === undefined || own.length === offers.length)) {
    return new BitTrickleError('OWN_PUBLICATION', `You publish ${quote(name)} yourself.`)
  }
  const who = from === username ? 'No active peer offers' : `${quote(from)} is not active or does not offer`
  const what = root === undefined ? quote(name) : `that content of ${quote(name)}`
  return new BitTrickleError('NOT_FOUND', `${who} ${what}.`, { retryable: true })
}

/** A session as a source that an asker is told of. */
export function toSource({ username, address, tcpPort, fingerprint }: Session): SourceRecord {
  const { host } = address
  return fingerprint === undefined
    ? { username, host, port: tcpPort }
    : { username, host, port: tcpPort, fingerprint }
}

// Fisher and Yates.
function shuffle<Item>(items: readonly Item[], random: () => number): Item[] {
  const shuffled = [...items]
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    const moved = shuffled[last] as Item
    shuffled[last] = shuffled[other] as Item
    shuffled[other] = moved
  }
  return shuffled
}
