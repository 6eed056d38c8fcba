import { EventEmitter } from 'eventemitter3'
import type { Clock } from '../../src/clock.js'
import { silentLogger } from '../../src/logger.js'
import { type Authenticate, accountsFrom } from '../../src/server/accounts/accounts.js'
import type { CatalogueStore } from '../../src/server/catalogue/catalogue-store.js'
import type { IndexServerEvents } from '../../src/server/events.js'
import type { HandlerContext } from '../../src/server/handlers/context.js'
import { type IndexLimits, resolveLimits } from '../../src/server/limits.js'
import { LoginThrottle } from '../../src/server/login-throttle.js'
import { PendingRequests } from '../../src/server/pending-requests.js'
import { ReceiptBook } from '../../src/server/receipt-book.js'
import { Revocations } from '../../src/server/revocations.js'
import { Sessions } from '../../src/server/sessions.js'
import { Tally } from '../../src/server/stats.js'
import { TicketCache } from '../../src/server/ticket-cache.js'
import { TicketSigner } from '../../src/transfer/ticket.js'
import { ReadyStore } from '../helpers/ready-store.js'

/** The accounts of a harness. */
export const PASSWORDS: Readonly<Record<string, string>> = {
  hans: 'falcon*solo',
  yoda: 'wise@!man',
  vader: 'sithlord**',
}

/** The secret key of a harness's index. */
export const INDEX_SECRET: Buffer = Buffer.alloc(32, 7)

/** What a harness's index can be told. */
export interface HarnessOptions {
  readonly clock: Clock
  readonly limits?: Partial<IndexLimits>
  readonly catalogue?: CatalogueStore
  readonly authenticate?: Authenticate
}

/** All that handlers act on, without an IndexServer around it, and the events that they emit. */
export function makeContext(options: HarnessOptions): {
  readonly context: HandlerContext
  readonly events: EventEmitter<IndexServerEvents>
} {
  const { clock, catalogue = new ReadyStore() } = options
  const { authenticate = (username, password) => PASSWORDS[username] === password } = options
  const limits = resolveLimits(options.limits)
  const events = new EventEmitter<IndexServerEvents>()
  const sessions = new Sessions({
    clock,
    timeout: 3000,
    limit: limits.sessions,
    onExpired: ({ username, address }) =>
      events.emit('expired', { username, address, at: new Date(clock.now()) }),
  })
  const context: HandlerContext = {
    throttle: new LoginThrottle(),
    accounts: accountsFrom(authenticate),
    revocations: new Revocations(clock, () => sessions.list()),
    sessions,
    catalogue,
    tickets: new TicketCache(new TicketSigner(INDEX_SECRET), clock),
    receipts: new ReceiptBook(clock, limits.requestsPerSecond, limits.sessions),
    pending: new PendingRequests(),
    tally: new Tally(),
    wantsReceipts: () => events.listenerCount('receipt') > 0,
    heartbeat: { interval: 2000, timeout: 3000 },
    limits,
    clock,
    logger: silentLogger,
    random: () => 0.999,
    emit: (name, ...args) => events.emit(name, ...(args as never)),
  }
  return { context, events }
}
