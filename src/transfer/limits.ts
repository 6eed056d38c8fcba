/** What one end of a data channel chooses alone: each time and each bound, with its reason. */

/** Requests that one end answers at a time on one connection: enough for 64 small files in flight, twice over. */
export const MAX_REQUESTS = 256
/** Transfers open at a time on one connection, for the same reason. */
export const MAX_TRANSFERS = 256
/** Silence after which a keepalive is sent, so that routers on the way keep the connection. */
export const KEEPALIVE_MS = 15_000
/** Silence after which the other end counts as gone: three keepalives were lost, or it is not there. */
export const DEAD_MS = 50_000
/** How long the last frames may take to go out. */
export const GOODBYE_MS = 2_000
/** What TCP, TLS and the first frame of the other end may take together. */
export const CONNECT_MS = 10_000
/** Bytes that may wait to be sent, besides data: an end that is told so much and reads nothing is cut off. */
export const MAX_UNSENT_BYTES = 4_194_304
/** A receiver that takes nothing, or asks nothing, for so long loses its upload slot to the next. */
export const STALL_MS = 30_000
/** A receiver that takes less, while others wait, loses its upload slot too: it may come again, behind them. */
export const SLOW_BYTES_PER_SECOND = 16_384
/** A connection without any transfer is ended after this, so that connections cannot be hoarded. */
export const UNUSED_MS = 60_000
/** Tickets that one connection may have refused: as many as it may have sent before it heard of the first. */
export const MAX_REFUSED_TICKETS = 256
/** Transfers that wait for an upload slot: for more it is kinder to say "busy" than to let them wait for hours. */
export const MAX_WAITING_TRANSFERS = 256
/** When to come back after "busy": about what a slot of a stalled receiver takes to become free. */
export const BUSY_RETRY_MS = 30_000
/** Connections to one peer: five slots, a full line of single transfers, and as many that have not asked yet. */
export const MAX_CONNECTIONS = 512
