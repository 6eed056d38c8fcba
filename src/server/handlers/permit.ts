import type { CatalogueEntry } from '../catalogue/catalogue-store.js'
import type { Session } from '../sessions.js'
import type { HandlerContext } from './context.js'

/** What somebody is told of. */
export interface Found {
  /** What was asked for. */
  readonly name: string
  readonly offer: CatalogueEntry
  readonly sources: readonly Session[]
}

/**
 * Permits a user to fetch what is found, and tells the owner of the index.
 *
 * @returns the ticket that the sources serve it for; undefined for who cannot show a certificate
 */
export function permit(
  { tickets, clock, emit }: HandlerContext,
  { username, fingerprint }: Session,
  { name, offer, sources }: Found,
): string | undefined {
  const { root, size } = offer
  const told = {
    username,
    name,
    at: new Date(clock.now()),
    sources: sources.map((source) => source.username),
  }
  const hasTicket = fingerprint !== undefined && root !== undefined && size !== undefined
  emit('locate', { ...told, hasTicket })
  if (!hasTicket) return undefined
  const ticket = tickets.issue({ username, fingerprint, root, size })
  emit('ticket', { ...told, root, size })
  return ticket
}
