/**
 * The control messages between a peer and the index, as types: what is asked and what is answered, with nothing of
 * how it is written down. The classic text and the sealed channel are two ways of writing down the same messages.
 */
import type { Static, TSchema } from 'typebox'
import type { ErrorCode } from '../errors.js'
import type { noticeSchemas, replySchemas, requestSchemas } from './schemas.js'

/** Versions of the messages that this release speaks, the best first. */
export const MESSAGE_VERSIONS: readonly number[] = [1]

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T
type Inferred<Schemas extends Record<string, TSchema>> = {
  readonly [Type in keyof Schemas]: DeepReadonly<Static<Schemas[Type]>>
}

type Requests = Inferred<typeof requestSchemas>

/** Opens a session: "I am this user, and my TCP listener is there". */
export type LoginRequest = Requests['login']
/** Ends the session at once, so that others do not wait for its silence. */
export type LogoutRequest = Requests['logout']
/** Keeps the session alive. */
export type HeartbeatRequest = Requests['heartbeat']
/** Which other users are active? */
export type PeersRequest = Requests['peers']
/** Offers a name, and says what is behind it. Offering it again changes what is behind it, or nothing. */
export type PublishRequest = Requests['publish']
/** Offers several names. */
export type PublishAllRequest = Requests['publishAll']
/** Takes an offered name back. */
export type UnpublishRequest = Requests['unpublish']
/** Which names do I offer, in all or below a folder? */
export type PublishedRequest = Requests['published']
/** Which names that other active users offer contain this text, in all or below a folder? */
export type SearchRequest = Requests['search']
/** Where can this name, or this content, be fetched? */
export type LocateRequest = Requests['locate']
/** Where can each of these names be fetched, from one source? */
export type LocateAllRequest = Requests['locateAll']
/** So have transfers with one user ended. */
export type ReceiptRequest = Requests['receipt']

/** All that a peer can ask. */
export type Request = Requests[keyof Requests]

/** A list comes in pages, unless the way of writing it down has none. */
export interface PageRequest {
  /** Most items to answer with; absent: all there are. */
  readonly limit?: number
  /** Only items that sort behind this key: the key of the last item of the page before. */
  readonly after?: string
  /** In another order than by key: the value of that item. */
  readonly afterValue?: number
}

/** A page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** Whether items follow behind the last one of this page. */
  readonly more: boolean
  /** What the next page is asked for with, where it is not the key of the last item. */
  readonly next?: string
}

/** The answer to each kind of request, by its `type`. */
export type Replies = Inferred<typeof replySchemas>

/** The answer when a request could not be granted. */
export interface FailureReply {
  readonly type: 'failure'
  readonly code: ErrorCode
  readonly message: string
  readonly retryAfter?: number
}

/** All that the index can answer. */
export type Reply = Replies[keyof Replies] | FailureReply

/** The answer that belongs to a request. */
export type ReplyTo<R extends Request> = Replies[R['type']]

/** What the index tells a peer without being asked. */
export type Notice = Inferred<typeof noticeSchemas>[keyof typeof noticeSchemas]
