import { createReadStream } from 'node:fs'
import { BitTrickleError, systemErrorCode } from '../../errors.js'
import {
  CHAIN_START,
  type ChainEnd,
  endOf,
  follows,
  headerProblem,
  MAX_LINE_BYTES,
  parseLine,
} from './audit-line.js'

/** How to verify an audit trail. */
export interface VerifyAuditOptions {
  /**
   * The hash of a line that was noted earlier, 64 hexadecimal digits: that line must still be there.
   * @defaultValue nothing is looked for
   */
  readonly head?: string
}

/** An audit trail in which every line follows from the one before it. */
export interface VerifiedAudit {
  /** How many lines there are. */
  readonly lines: number
  /** The hash of the last line: noted elsewhere, it shows later whether the trail was cut or written anew. */
  readonly head: string
}

const LINE_FEED = 0x0a

/**
 * Checks that no line of an audit trail was altered, removed, inserted or moved. That lines at the end were not removed,
 * and that the whole was not written anew, shows only with a `head` that was noted elsewhere.
 *
 * @param path - what `IndexServerOptions.audit` names; it may be written to meanwhile
 * @throws {@link BitTrickleError} `AUDIT_BROKEN`, which names the first bad line, also of an empty file, of an end that
 * is torn, and when the noted head is not there; `INVALID_OPTION`, `NOT_FOUND`, `FILE_UNREADABLE`
 *
 * @example
 * ```ts
 * const { lines, head } = await verifyAudit('audit.ndjson', { head: noted })
 * ```
 */
export async function verifyAudit(path: string, { head }: VerifyAuditOptions = {}): Promise<VerifiedAudit> {
  if (head !== undefined && !/^[0-9a-f]{64}$/.test(head)) {
    const message = `head must be 64 hexadecimal digits in lower case; received ${JSON.stringify(head)}.`
    throw new BitTrickleError('INVALID_OPTION', message)
  }
  let end: ChainEnd = CHAIN_START
  let isFound = false
  for await (const bytes of linesOf(path)) {
    end = check(path, end, bytes)
    if (end.prev === head) isFound = true
  }
  if (end.seq === 0) throw broken(path, 1, 'is missing: the file is empty')
  if (head !== undefined && !isFound) {
    throw new BitTrickleError(
      'AUDIT_BROKEN',
      `No line of ${path} has the hash ${head}: the ${end.seq} lines hold together, but lines behind line ${end.seq} ` +
        'were removed, or all were written anew.',
    )
  }
  return { lines: end.seq, head: end.prev }
}

function check(path: string, end: ChainEnd, bytes: Buffer | undefined): ChainEnd {
  const number = end.seq + 1
  if (bytes === undefined)
    throw broken(path, number, 'is torn, as a crash leaves it; the index mends that when it starts')
  const line = parseLine(bytes)
  if (line === undefined) throw broken(path, number, 'was altered, or is no line of an audit trail')
  if (!follows(line, end)) throw broken(path, number, 'does not follow the line before it')
  const problem = number === 1 ? headerProblem(line) : undefined
  if (problem !== undefined) throw broken(path, number, problem)
  return endOf(line)
}

/** The lines of a file, without line feeds; undefined is one that has none. */
async function* linesOf(path: string): AsyncGenerator<Buffer | undefined, void, undefined> {
  let rest = Buffer.alloc(0)
  try {
    for await (const part of createReadStream(path, { highWaterMark: 262_144 })) {
      const bytes: Buffer = rest.length === 0 ? part : Buffer.concat([rest, part])
      let begin = 0
      for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, begin)) {
        yield bytes.subarray(begin, at)
        begin = at + 1
      }
      rest = Buffer.from(bytes.subarray(begin))
      // Whatever it is, it need not be held in memory.
      if (rest.length > MAX_LINE_BYTES) break
    }
  } catch (cause) {
    if (cause instanceof BitTrickleError) throw cause
    const code = systemErrorCode(cause)
    throw new BitTrickleError(
      code === 'ENOENT' ? 'NOT_FOUND' : 'FILE_UNREADABLE',
      `Cannot read the audit trail ${path} (${code ?? String(cause)}).`,
      { cause },
    )
  }
  if (rest.length > 0) yield rest.length > MAX_LINE_BYTES ? rest : undefined
}

function broken(path: string, line: number, what: string): BitTrickleError {
  return new BitTrickleError('AUDIT_BROKEN', `Line ${line} of ${path} ${what}.`)
}
