import type { Address } from '../../channel/datagram-socket.js'
import type { Clock } from '../../clock.js'
import type { Logger } from '../../logger.js'
import type { Notice, ReplyTo, Request } from '../../wire/messages.js'
import type { HeartbeatTimes } from '../../wire/records.js'
import type { Accounts } from '../accounts/accounts.js'
import type { CatalogueStore } from '../catalogue/catalogue-store.js'
import type { IndexServerEvents } from '../events.js'
import type { IndexLimits } from '../limits.js'
import type { LoginThrottle } from '../login-throttle.js'
import type { PendingRequests } from '../pending-requests.js'
import type { ReceiptBook } from '../receipt-book.js'
import type { Revocations } from '../revocations.js'
import type { Session, Sessions } from '../sessions.js'
import type { Tally } from '../stats.js'
import type { TicketCache } from '../ticket-cache.js'

/** Tells the owner of the index what happened. */
export type Emit = <Name extends keyof IndexServerEvents>(
  name: Name,
  ...args: Parameters<IndexServerEvents[Name]>
) => void

/** All that handlers act on. They know nothing of text or sockets. */
export interface HandlerContext {
  readonly accounts: Pick<Accounts, 'authenticate'>
  readonly revocations: Revocations
  readonly throttle: LoginThrottle
  readonly sessions: Sessions
  readonly catalogue: CatalogueStore
  readonly tickets: TicketCache
  readonly receipts: ReceiptBook
  readonly pending: PendingRequests
  readonly tally: Tally
  /** Whether anybody wants to know how transfers end. */
  readonly wantsReceipts: () => boolean
  readonly heartbeat: HeartbeatTimes
  /** Those that hold now: they may be others at the next request. */
  readonly limits: IndexLimits
  readonly clock: Clock
  readonly logger: Logger
  /** A number from 0 up to but not 1. */
  readonly random: () => number
  readonly emit: Emit
}

/** Who asks. */
export interface Caller {
  /** Where the request came from. */
  readonly address: Address
  /** The user in whose name it was made. It proves nothing until {@link Caller.findSession} finds a session. */
  readonly username: string | undefined
  /** The key of the device that asks, where the way in can prove one. */
  readonly deviceKey: string | undefined
  /** Ties a session to the way in, so that {@link Caller.findSession} finds it from here on. */
  bind(session: Session): void
  /** Tells the caller something that it did not ask for, where the way in can. */
  notify?(notice: Notice): void
  /** The caller's own session, where the way in can tell that the request is authentic. */
  findSession(): Session | undefined
}

/** Grants a request of a logged-in peer, or throws a BitTrickleError that says why not. */
export type Handler<R extends Request> = (
  context: HandlerContext,
  session: Session,
  request: R,
) => ReplyTo<R> | Promise<ReplyTo<R>>
