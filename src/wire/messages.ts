/**
 * The control messages between a peer and the index, as types: what is asked and what is answered, with nothing of
 * how it is written down. The classic text and the sealed channel are two ways of writing down the same messages.
 */
import type { ErrorCode } from '../errors.js'
import type { HeartbeatTimes, HitRecord, PeerRecord, PublicationRecord, SourceRecord } from './records.js'

/** Opens a session: "I am this user, and my TCP listener is there". */
export interface LoginRequest {
  readonly type: 'login'
  readonly username: string
  readonly password: string
  readonly tcpPort: number
}

/** Keeps the session alive. */
export interface HeartbeatRequest {
  readonly type: 'heartbeat'
}

/** Which other users are active? */
export interface PeersRequest extends PageRequest {
  readonly type: 'peers'
}

/** Offers a name. Offering it again changes nothing. */
export interface PublishRequest {
  readonly type: 'publish'
  readonly name: string
}

/** Takes an offered name back. */
export interface UnpublishRequest {
  readonly type: 'unpublish'
  readonly name: string
}

/** Which names do I offer? */
export interface PublishedRequest extends PageRequest {
  readonly type: 'published'
}

/** Which names that other active users offer contain this text? */
export interface SearchRequest extends PageRequest {
  readonly type: 'search'
  readonly query: string
}

/** Where can this name be fetched? */
export interface LocateRequest {
  readonly type: 'locate'
  readonly name: string
}

/** A list comes in pages, unless the way of writing it down has none. */
export interface PageRequest {
  /** Most items to answer with; absent: all there are. */
  readonly limit?: number
  /** Only items that sort behind this key: the key of the last item of the page before. */
  readonly after?: string
}

/** All that a peer can ask. */
export type Request =
  | LoginRequest
  | HeartbeatRequest
  | PeersRequest
  | PublishRequest
  | UnpublishRequest
  | PublishedRequest
  | SearchRequest
  | LocateRequest

/** A page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** Whether items follow behind the last one of this page. */
  readonly more: boolean
}

/** The answer to each kind of request, by its `type`. */
export interface Replies {
  login: { readonly type: 'login'; readonly heartbeat: HeartbeatTimes }
  heartbeat: { readonly type: 'heartbeat' }
  peers: { readonly type: 'peers' } & Page<PeerRecord>
  publish: { readonly type: 'publish'; readonly name: string; readonly created: boolean }
  unpublish: { readonly type: 'unpublish'; readonly name: string }
  published: { readonly type: 'published' } & Page<PublicationRecord>
  search: { readonly type: 'search' } & Page<HitRecord>
  locate: { readonly type: 'locate'; readonly name: string; readonly sources: readonly SourceRecord[] }
}

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
