import type { BitTrickleError } from '../errors.js'
import type { ReplyTo, Request } from '../wire/messages.js'

/** What the index answered. */
export interface IndexAnswer<R extends Request> {
  readonly reply: ReplyTo<R>
  /** How many items of a list the index left out for good, since they did not fit. */
  readonly omitted: number
}

/** How to ask. */
export interface IndexRequestOptions {
  /** Gives the request up. */
  readonly signal?: AbortSignal
}

/** What an index client tells without being asked. */
export interface IndexClientEvents {
  /** The index is lost, or has ended the session. What is under way fails or is repeated by itself. */
  readonly onLost: (reason: BitTrickleError) => void
  /** A lost index is there again: the next login will reach it. */
  readonly onFound: () => void
  /** Tickets of these users that run out at a time, in seconds since 1970, or earlier count no more. */
  readonly onRevoked: (usernames: readonly string[], expires: number) => void
}

/** One way of speaking to the index. What it is asked and what it answers does not depend on the way. */
export interface IndexClient {
  /** Whether the index is on this machine; known once it was opened. */
  readonly isLocal: boolean
  /**
   * Finds the index and opens a socket towards it. May be called again.
   * @throws BitTrickleError `INDEX_UNREACHABLE`, `SERVER_KEY_CHANGED`, `UNSUPPORTED_VERSION`, `DISK_ERROR`
   */
  open(): Promise<void>
  /**
   * Asks, as often as needed until an answer comes.
   * @throws BitTrickleError with the code of the refusal; `INDEX_UNREACHABLE` (retryable), `ABORTED`, `CLOSED`
   */
  request<R extends Request>(request: R, options?: IndexRequestOptions): Promise<IndexAnswer<R>>
  /** Ends the session where it can, gives up what is under way and closes the socket. May be called again. */
  close(): Promise<void>
}
