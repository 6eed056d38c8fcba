import { formatAddress } from '../../channel/datagram-socket.js'
import type { IndexServerEvents } from '../events.js'
import type { AuditRecord } from './audit-line.js'

/** Who can bring a line about as often as they like, by being refused. */
export type Cause = 'stranger' | 'account'

/** What of an event is written. */
export interface AuditEntry extends AuditRecord {
  /** Absent where every single one is written. */
  readonly cause?: Cause
}

type Fields = Omit<AuditEntry, 'type'>
type Writers = {
  readonly [Name in keyof IndexServerEvents]?: (
    ...args: Parameters<IndexServerEvents[Name]>
  ) => Fields | undefined
}

// Names are chosen field by field: what an event comes to hold later is not written by accident.
const WRITERS: Writers = {
  login: ({ username: user, address }) => ({ fields: { user, from: formatAddress(address) } }),
  loginFailed: ({ username: user, address, reason }) => ({
    fields: { user, from: formatAddress(address), reason },
    cause: 'stranger',
  }),
  logout: ({ username: user, address, reason }) => ({
    fields: { user, from: formatAddress(address), reason },
  }),
  expired: ({ username: user, address }) => ({ fields: { user, from: formatAddress(address) } }),
  publish: ({ username: user, name, root, size }) => ({ fields: { user, name, root, size } }),
  republish: ({ username: user, name, root, size }) => ({ fields: { user, name, root, size } }),
  unpublish: ({ username: user, name }) => ({ fields: { user, name } }),
  ticket: ({ username: user, name, root, size, sources }) => ({
    fields: { user, name, root, size, sources },
  }),
  // Of one with a ticket, the line of the ticket tells.
  locate: ({ username: user, name, sources, hasTicket }) =>
    hasTicket ? undefined : { fields: { user, name, sources } },
  refused: ({ username: user, address, request, about, code }) => ({
    fields: { user, from: formatAddress(address), request, about, code },
    cause: user === undefined ? 'stranger' : 'account',
  }),
  limited: ({ username: user, address, what, retryAfter }) =>
    // Of a login, `loginFailed` tells; of a request, `refused`.
    what === 'handshakes'
      ? { fields: { user, from: formatAddress(address), what, retryAfter }, cause: 'stranger' }
      : undefined,
  receipt: ({ username: user, way, peer, root, bytes, outcome, code, ms }) => ({
    fields: { user, way, peer, root, bytes, outcome, code, ms },
  }),
  receiptsLost: ({ username: user, count }) => ({ fields: { user, count } }),
}

/** What the trail says of an event; undefined for those that it says nothing of. */
export function toEntry<Name extends keyof IndexServerEvents>(
  name: Name,
  event: Parameters<IndexServerEvents[Name]>[0],
): AuditEntry | undefined {
  const write = WRITERS[name] as ((event: unknown) => Fields | undefined) | undefined
  const entry = write?.(event)
  return entry && { type: name, ...entry }
}
