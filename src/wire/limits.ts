/**
 * Bounds that both sides of the control protocol share. What is a fact of the protocol stands here; what an
 * operator may turn stands in server/limits.ts.
 */

/** Most items of one page: the shortest items fill a datagram with about so many. */
export const MAX_PAGE_ITEMS = 100

/** Longest name of a publication, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 512

/** Most names of one `locateAll`: an answer has room for about so many. */
export const MAX_LOCATED_NAMES = 5

/** Most names of one `publishAll`: the shortest fill a datagram with about so many. */
export const MAX_PUBLISHED_NAMES = 16

/** Longest user name, in bytes of UTF-8: a name and its user fit one datagram with room to spare. */
export const MAX_USERNAME_BYTES = 64

/** Longest password, in bytes of UTF-8: bounds the cost of hashing what a stranger sends. */
export const MAX_PASSWORD_BYTES = 256

/** Longest ticket, in bytes: that of a data channel. Ours are about half as long. */
export const MAX_TICKET_BYTES = 1_024

/** Largest content, in bytes: that of a data channel, 4 TiB. */
export const MAX_CONTENT_BYTES: number = 2 ** 42

/** Most receipts of one message: the shortest fill a datagram with about so many. */
export const MAX_RECEIPTS = 16

/** Longest code of why a transfer failed, in characters. */
export const MAX_CODE_LENGTH = 32

/** Longest search text, in bytes of UTF-8. */
export const MAX_QUERY_BYTES = 256

/** Longest extension to search for, in bytes of UTF-8. */
export const MAX_EXTENSION_BYTES = 64

/** Most users that one notice says are revoked: so many of the longest names fit a datagram. */
export const MAX_REVOKED_AT_ONCE = 8

/** Most words to search for beside the text: more would narrow nothing. */
export const MAX_SEARCH_WORDS = 8

/** Most users and groups that a name is published to: with a long name they must fit a datagram. */
export const MAX_AUDIENCE = 16
