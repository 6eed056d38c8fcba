/**
 * The control messages as schemas: what a datagram must be to be believed. The TypeScript types in messages.ts are
 * inferred from these, so that what is checked and what is compiled against cannot differ. Properties that a schema
 * does not name are passed over: a newer peer or index may add some.
 */
import * as Type from 'typebox'
import {
  MAX_AUDIENCE,
  MAX_CODE_LENGTH,
  MAX_CONTENT_BYTES,
  MAX_EXTENSION_BYTES,
  MAX_LOCATED_NAMES,
  MAX_NAME_BYTES,
  MAX_PASSWORD_BYTES,
  MAX_PUBLISHED_NAMES,
  MAX_QUERY_BYTES,
  MAX_RECEIPTS,
  MAX_REVOKED_AT_ONCE,
  MAX_SEARCH_WORDS,
  MAX_TICKET_BYTES,
  MAX_USERNAME_BYTES,
} from './limits.js'
import { KEY } from './names.js'

// JSON Schema counts characters, and no character is shorter than a byte: these bound the memory, and names.ts is
// exact about bytes and form.
const Name = Type.String({ maxLength: MAX_NAME_BYTES })
const Username = Type.String({ maxLength: MAX_USERNAME_BYTES })
const Password = Type.String({ maxLength: MAX_PASSWORD_BYTES })
const Port = Type.Integer({ minimum: 1, maximum: 65_535 })
const Key = Type.String({ pattern: KEY.source })
const Size = Type.Integer({ minimum: 0, maximum: MAX_CONTENT_BYTES })
// Milliseconds since 1970, as far as a Date goes.
const Instant = Type.Integer({ minimum: 0, maximum: 8.64e15 })
const Milliseconds = Type.Number({ minimum: 0, maximum: 86_400_000 })

const page = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  after: Type.Optional(Name),
}

// Only names that begin so, such as those below a folder.
const Prefix = Type.Optional(Name)

// Who may see it: users, and groups with their "@"; absent: everybody.
const Audience = Type.Optional(Type.Array(Username, { maxItems: MAX_AUDIENCE }))

// What a file is: its root, which means nothing without its size.
const content = { root: Type.Optional(Key), size: Type.Optional(Size) }
const bothOrNeither = { root: ['size'], size: ['root'] }

// What a transfer may have moved or taken: a content may be asked for more than once.
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

const Receipt = Type.Object({
  /** Of the content. */
  root: Key,
  bytes: Count,
  /** Milliseconds. */
  ms: Count,
  /** Absent: all that was asked for. */
  outcome: Type.Optional(Type.Union([Type.Literal('aborted'), Type.Literal('failed')])),
  /** Why it failed. */
  code: Type.Optional(Type.String({ maxLength: MAX_CODE_LENGTH, pattern: '^[A-Z][A-Z_]*$' })),
})

/** All that a peer can ask, by type. */
export const requestSchemas = {
  login: Type.Object({
    type: Type.Literal('login'),
    username: Username,
    password: Password,
    tcpPort: Port,
    /** The versions of these messages that the peer speaks; absent: the first alone. */
    versions: Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 }), { maxItems: 16 })),
    /** Of the certificate that the peer's data channels present; absent: the peer has none. */
    fingerprint: Type.Optional(Key),
  }),
  logout: Type.Object({ type: Type.Literal('logout') }),
  heartbeat: Type.Object({ type: Type.Literal('heartbeat') }),
  peers: Type.Object({ type: Type.Literal('peers'), ...page }),
  publish: Type.Object(
    { type: Type.Literal('publish'), name: Name, ...content, to: Audience },
    { dependentRequired: bothOrNeither },
  ),
  publishAll: Type.Object({
    type: Type.Literal('publishAll'),
    items: Type.Array(Type.Object({ name: Name, ...content }, { dependentRequired: bothOrNeither }), {
      minItems: 1,
      maxItems: MAX_PUBLISHED_NAMES,
    }),
    /** Of all of them. */
    to: Audience,
  }),
  unpublish: Type.Object({ type: Type.Literal('unpublish'), name: Name }),
  published: Type.Object({ type: Type.Literal('published'), prefix: Prefix, ...page }),
  search: Type.Object({
    type: Type.Literal('search'),
    query: Type.String({ maxLength: MAX_QUERY_BYTES }),
    /** Further texts that a name must contain, each of them. */
    words: Type.Optional(
      Type.Array(Type.String({ maxLength: MAX_QUERY_BYTES }), { maxItems: MAX_SEARCH_WORDS }),
    ),
    /** Whether capitals are taken for small letters; absent: texts are compared as they are. */
    ignoreCase: Type.Optional(Type.Boolean()),
    prefix: Prefix,
    /** Names that this user offers alone. */
    from: Type.Optional(Username),
    /** Names of this content alone. */
    root: Type.Optional(Key),
    minSize: Type.Optional(Size),
    maxSize: Type.Optional(Size),
    /** What names end in behind a dot, capitals or not. */
    extension: Type.Optional(Type.String({ maxLength: MAX_EXTENSION_BYTES })),
    /** A pattern for whole names. */
    glob: Type.Optional(Type.String({ maxLength: MAX_QUERY_BYTES })),
    /** Published later, or earlier, than this. */
    publishedAfter: Type.Optional(Instant),
    publishedBefore: Type.Optional(Instant),
    /** Whether what only users offer who are not active is found, too. */
    includeOffline: Type.Optional(Type.Boolean()),
    /** Whether items have `root` and `publishedAt`; absent: no. */
    details: Type.Optional(Type.Boolean()),
    /** What comes first: the highest of these; absent: by name. */
    order: Type.Optional(
      Type.Union([
        Type.Literal('name'),
        Type.Literal('size'),
        Type.Literal('newest'),
        Type.Literal('sources'),
      ]),
    ),
    ...page,
    /** In another order than by name: the value of the last item, beside its name. */
    afterValue: Type.Optional(Instant),
  }),
  locate: Type.Object({
    type: Type.Literal('locate'),
    name: Name,
    /** This content, whatever its names; absent: the one that most offer under the name, the newest of as many. */
    root: Type.Optional(Key),
    /** From this user alone. */
    from: Type.Optional(Username),
  }),
  locateAll: Type.Object({
    type: Type.Literal('locateAll'),
    names: Type.Array(Name, { minItems: 1, maxItems: MAX_LOCATED_NAMES }),
    /** From this user alone. */
    from: Type.Optional(Username),
  }),
  receipt: Type.Object({
    type: Type.Literal('receipt'),
    /** Tells one message from another of this user, whatever session it is repeated in: 8 bytes in Base64url. */
    id: Type.String({ pattern: '^[A-Za-z0-9_-]{10}[AEIMQUYcgkosw048]$' }),
    way: Type.Union([Type.Literal('sent'), Type.Literal('received')]),
    /** The user at the other end of all of them. */
    peer: Username,
    receipts: Type.Array(Receipt, { maxItems: MAX_RECEIPTS }),
    /** Receipts that there was no room for while the index was away. */
    lost: Type.Optional(Count),
  }),
}

const PeerRecord = Type.Object({ username: Username })
const PublicationRecord = Type.Object(
  { name: Name, ...content, to: Audience },
  { dependentRequired: bothOrNeither },
)
const HitRecord = Type.Object({
  name: Name,
  size: content.size,
  sources: Type.Optional(Type.Integer({ minimum: 0 })),
  root: content.root,
  publishedAt: Type.Optional(Instant),
})
const SourceRecord = Type.Object({
  username: Type.Optional(Username),
  host: Type.String({ maxLength: 45 }),
  port: Port,
  fingerprint: Type.Optional(Key),
})
// A ticket without what the asker knows of it. Of a name that has to be asked for alone, nothing.
const FoundRecord = Type.Union([
  Type.Null(),
  Type.Object({
    root: Key,
    size: Size,
    /** Its place among the sources of the answer. */
    source: Type.Integer({ minimum: 0, maximum: MAX_LOCATED_NAMES - 1 }),
    /** Of the ticket, in seconds since 1970. */
    expiry: Type.Integer({ minimum: 0 }),
    signature: Type.String({ pattern: '^[A-Za-z0-9_-]{86}$' }),
  }),
])
const pageOf = <Item extends Type.TSchema>(item: Item) => ({
  items: Type.Array(item, { maxItems: 1000 }),
  more: Type.Boolean(),
})

/** All that the index can answer when it grants a request, by type. */
export const replySchemas = {
  login: Type.Object({
    type: Type.Literal('login'),
    heartbeat: Type.Object({ interval: Milliseconds, timeout: Milliseconds }),
    /** The version that both sides speak from here on. */
    version: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    /** What the tickets of this index are verified with. */
    ticketKey: Type.Optional(Key),
    /** Whether the peer should send receipts. */
    receipts: Type.Optional(Type.Boolean()),
  }),
  logout: Type.Object({ type: Type.Literal('logout') }),
  heartbeat: Type.Object({ type: Type.Literal('heartbeat') }),
  peers: Type.Object({ type: Type.Literal('peers'), ...pageOf(PeerRecord) }),
  publish: Type.Object({ type: Type.Literal('publish'), name: Name, created: Type.Boolean() }),
  publishAll: Type.Object({
    type: Type.Literal('publishAll'),
    /** In the order of the items: whether the name is new; null where it was refused, and `publish` says why. */
    created: Type.Array(Type.Union([Type.Boolean(), Type.Null()]), { maxItems: MAX_PUBLISHED_NAMES }),
  }),
  unpublish: Type.Object({ type: Type.Literal('unpublish'), name: Name }),
  published: Type.Object({ type: Type.Literal('published'), ...pageOf(PublicationRecord) }),
  search: Type.Object({
    type: Type.Literal('search'),
    ...pageOf(HitRecord),
    /** What the next page is asked for with; absent: the last name. Items may be few, or none, and more follow. */
    next: Type.Optional(Name),
    /** Whether there was more than could be put in this order, of which these are not the first. */
    partial: Type.Optional(Type.Boolean()),
  }),
  locate: Type.Object(
    {
      type: Type.Literal('locate'),
      sources: Type.Array(SourceRecord, { maxItems: 1000 }),
      ...content,
      /** What the sources serve the content for. */
      ticket: Type.Optional(Type.String({ maxLength: MAX_TICKET_BYTES, pattern: '^[A-Za-z0-9_.-]+$' })),
      /** How many contents there were to choose from; absent: no other. */
      contents: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
    },
    { dependentRequired: { ...bothOrNeither, ticket: ['root'] } },
  ),
  locateAll: Type.Object({
    type: Type.Literal('locateAll'),
    sources: Type.Array(SourceRecord, { maxItems: MAX_LOCATED_NAMES }),
    /** In the order of the names; what did not fit is missing at the end. */
    found: Type.Array(FoundRecord, { maxItems: MAX_LOCATED_NAMES }),
  }),
  receipt: Type.Object({ type: Type.Literal('receipt') }),
}

/** What the index answers when it does not grant a request. `status` is one of status.ts. */
export const failureSchema = Type.Object({
  type: Type.Literal('failure'),
  status: Type.Integer({ minimum: 0, maximum: 999 }),
  message: Type.String({ maxLength: 512 }),
  retryAfter: Type.Optional(Milliseconds),
})

/** What the index tells a peer without being asked. */
export const noticeSchemas = {
  /** The session has ended at the index, and why: the peer need not wait for a request to fail. */
  ended: Type.Object({
    type: Type.Literal('ended'),
    /**
     * `disconnected`: the operator ended it. `account`: the account was removed or has another password. `replaced`:
     * the same device logged in anew. A newer index may have other reasons.
     */
    reason: Type.String({ maxLength: 64 }),
  }),
  /** Users whose account was taken away: their tickets that run out at this time or earlier count no more. */
  revoked: Type.Object({
    type: Type.Literal('revoked'),
    usernames: Type.Array(Username, { maxItems: MAX_REVOKED_AT_ONCE }),
    /** Seconds since 1970, as in a ticket. */
    expires: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  }),
}
