import { hash } from 'node:crypto'

/** What the first line of a trail names itself. */
export const AUDIT_FORMAT = 'bittrickle-audit'
/** Of the format, in the first line. */
export const AUDIT_VERSION = 1
/** `prev` of the first line. */
export const NO_HASH: string = '0'.repeat(64)
/**
 * Longest line: a ticket with its most sources takes a third of it. What is longer was not written by an index, and
 * nobody has to hold it in memory.
 */
export const MAX_LINE_BYTES = 16_384

// What stands behind the bytes that are hashed: `,"hash":"`, 64 digits, `"}`.
const TAIL = /^,"hash":"([0-9a-f]{64})"\}$/
const TAIL_BYTES = 75

/** What a line tells, without its place in the chain. */
export interface AuditRecord {
  readonly type: string
  /** None is called `seq`, `time`, `type`, `prev` or `hash`. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** Where the next line goes. */
export interface ChainEnd {
  /** Of the next line; the first has 0. */
  readonly seq: number
  /** Hash of the last line. */
  readonly prev: string
}

/** Where the first line goes. */
export const CHAIN_START: ChainEnd = { seq: 0, prev: NO_HASH }

/** A line that holds together. Whether it stands in its place is another question. */
export interface AuditLine {
  readonly seq: number
  readonly prev: string
  readonly hash: string
  readonly values: Readonly<Record<string, unknown>>
}

/**
 * Writes the line that goes to the end of a chain, and tells where the next one goes.
 *
 * @param time - milliseconds since 1970
 */
export function formatLine(
  { seq, prev }: ChainEnd,
  { type, fields }: AuditRecord,
  time: number,
): { readonly text: string; readonly end: ChainEnd } {
  const values = { seq, time: new Date(time).toISOString(), type, ...fields, prev }
  const hashed = JSON.stringify(values).slice(0, -1)
  const own = hash('sha256', hashed)
  return { text: `${hashed},"hash":"${own}"}\n`, end: { seq: seq + 1, prev: own } }
}

/**
 * Reads a line.
 *
 * @param bytes - without the line feed
 * @returns undefined when they are not, byte for byte, what an index has written
 */
export function parseLine(bytes: Buffer): AuditLine | undefined {
  const hashed = bytes.subarray(0, -TAIL_BYTES)
  const own = TAIL.exec(bytes.subarray(-TAIL_BYTES).toString('latin1'))?.[1]
  if (own === undefined || hash('sha256', hashed) !== own) return undefined
  try {
    const values = JSON.parse(`${hashed}}`)
    const { seq, prev } = values
    return Number.isSafeInteger(seq) && typeof prev === 'string'
      ? { seq, prev, hash: own, values }
      : undefined
  } catch {
    return undefined
  }
}

/** Whether a line stands in its place. */
export const follows = (line: AuditLine, end: ChainEnd): boolean =>
  line.seq === end.seq && line.prev === end.prev

/** Where the line behind this one goes. */
export const endOf = ({ seq, hash }: AuditLine): ChainEnd => ({ seq: seq + 1, prev: hash })

/** What is wrong with the first line of a trail, as the end of a sentence, or undefined. */
export function headerProblem({ values }: AuditLine): string | undefined {
  if (values.type !== 'begin' || values.format !== AUDIT_FORMAT) return 'is no beginning of an audit trail'
  if (values.version === AUDIT_VERSION) return undefined
  return `is of version ${String(values.version)} of the format; this release knows ${AUDIT_VERSION}`
}
