import { BitTrickleError } from '../../errors.js'
import type { LocateRequest } from '../../wire/messages.js'
import { quote } from '../../wire/names.js'
import type { Session } from '../sessions.js'
import type { Handler } from './context.js'

/** Tells where a name can be fetched now. */
export const locate: Handler<LocateRequest> = (context, session, { name }) => {
  const { catalogue, sessions, clock, limits, random, emit } = context
  const { username } = session
  const publishers = catalogue.publishers(name)
  if (publishers.includes(username)) {
    throw new BitTrickleError('OWN_PUBLICATION', `You publish ${quote(name)} yourself.`)
  }
  const active: Session[] = []
  for (const publisher of publishers) {
    const source = sessions.find(publisher)
    if (source !== undefined) active.push(source)
  }
  if (active.length === 0) {
    throw new BitTrickleError('NOT_FOUND', `No active peer offers ${quote(name)}.`, { retryable: true })
  }
  // In random order: whoever asks next is sent elsewhere, and no source carries all of a popular name.
  const chosen = active.length === 1 ? active : shuffle(active, random).slice(0, limits.sources)
  emit('locate', {
    username,
    name,
    at: new Date(clock.now()),
    sources: chosen.map((source) => source.username),
  })
  return { type: 'locate', sources: chosen.map(toSource) }
}

const toSource = ({
  username,
  address,
  tcpPort,
}: Session): { username: string; host: string; port: number } => ({
  username,
  host: address.host,
  port: tcpPort,
})

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
