/**
 * The frames of the data channel as types. Either end may ask the other for contents; the one who asks numbers its
 * transfers, and the requests of each. Which end a number belongs to follows from the type of the frame, so that both
 * may use the same numbers.
 */

/** The first frame of each end. */
export interface HelloFrame {
  readonly type: 'hello'
  readonly version: number
  /** How many requests, of all transfers, this end answers at a time. More is a protocol error. */
  readonly maxRequests: number
}

/** Nothing but a sign of life. */
export interface KeepaliveFrame {
  readonly type: 'keepalive'
}

/** The last frame of an end: it is about to close the connection. */
export interface GoodbyeFrame {
  readonly type: 'goodbye'
  /** See status.ts; 0 when all is well. */
  readonly status: number
  /** For people. Empty when all is well. */
  readonly message: string
}

/** Asks for a content. The source answers with `opened` and `bitfield` or `haveAll`, or with `failed`. */
export interface OpenFrame {
  readonly type: 'open'
  readonly transfer: number
  /** 32 bytes. */
  readonly root: Buffer
  readonly ticket: string
}

/** A new ticket for a transfer whose old one is running out. */
export interface RenewFrame {
  readonly type: 'renew'
  readonly transfer: number
  readonly ticket: string
}

/** Asks for hashes of the piece layer. */
export interface RequestHashesFrame {
  readonly type: 'requestHashes'
  readonly transfer: number
  /** The first piece. */
  readonly first: number
  readonly count: number
}

/** Asks for bytes of one piece. */
export interface RequestFrame extends RangeOfPiece {
  readonly type: 'request'
}

/** A request and what it is for. */
export interface RangeOfPiece {
  readonly transfer: number
  /** From 1. */
  readonly request: number
  readonly piece: number
  /** Where in the piece the bytes begin. */
  readonly offset: number
  readonly length: number
}

/** Takes a request back. Data that is under way still comes. */
export interface CancelFrame {
  readonly type: 'cancel'
  readonly transfer: number
  readonly request: number
}

/** Nothing more is wanted of this content: its upload slot is free. */
export interface CloseFrame {
  readonly type: 'close'
  readonly transfer: number
}

/** The source has the content, or a part of it. */
export interface OpenedFrame {
  readonly type: 'opened'
  readonly transfer: number
  /** Of the whole content; the size of a piece follows from it. */
  readonly size: number
}

/** Hashes of the piece layer. */
export interface HashesFrame {
  readonly type: 'hashes'
  readonly transfer: number
  readonly first: number
  /** 32 bytes each. */
  readonly hashes: Buffer
}

/** Which pieces the source has. */
export interface BitfieldFrame {
  readonly type: 'bitfield'
  readonly transfer: number
  readonly bits: Buffer
}

/** The source has every piece. */
export interface HaveAllFrame {
  readonly type: 'haveAll'
  readonly transfer: number
}

/** The source has one piece more. */
export interface HaveFrame {
  readonly type: 'have'
  readonly transfer: number
  readonly piece: number
}

/** Where the transfer stands in the line for an upload slot. */
export interface QueuedFrame {
  readonly type: 'queued'
  readonly transfer: number
  /** 1 is next; 0 has a slot, and its requests are answered. */
  readonly place: number
}

/** The source has no place in the line: it has forgotten the transfer and its requests. */
export interface BusyFrame {
  readonly type: 'busy'
  readonly transfer: number
  /** Milliseconds. */
  readonly retryAfter: number
}

/** A request, or the whole transfer, cannot be granted. */
export interface FailedFrame {
  readonly type: 'failed'
  readonly transfer: number
  /** 0 for the whole transfer, which the source has forgotten. */
  readonly request: number
  /** See status.ts. */
  readonly status: number
  /** For people. */
  readonly message: string
}

/** Every frame but data, which is never held as a whole. */
export type Frame =
  | HelloFrame
  | KeepaliveFrame
  | GoodbyeFrame
  | OpenFrame
  | RenewFrame
  | RequestHashesFrame
  | RequestFrame
  | CancelFrame
  | CloseFrame
  | OpenedFrame
  | HashesFrame
  | BitfieldFrame
  | HaveAllFrame
  | HaveFrame
  | QueuedFrame
  | BusyFrame
  | FailedFrame

/** What stands in front of the bytes of a data frame. Its length is that of the bytes. */
export type DataHeader = RangeOfPiece

/** Where bytes of a data frame belong. */
export interface DataPlace {
  readonly transfer: number
  readonly request: number
  readonly piece: number
  /** Where in the piece these bytes begin. */
  readonly offset: number
}

/** Some bytes of a data frame, as they came. */
export interface DataPart extends DataPlace {
  /** A view of what the decoder was given: used or copied before the handler returns. At least one byte. */
  readonly bytes: Buffer
}
