import { constants } from 'node:fs'
import { access, type FileHandle, open, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { BitTrickleError, systemErrorCode } from '../../errors.js'
import {
  type AuditLine,
  CHAIN_START,
  type ChainEnd,
  endOf,
  follows,
  headerProblem,
  MAX_LINE_BYTES,
  parseLine,
} from './audit-line.js'

/** Lines of one write: they are made within one turn of the event loop, about a millisecond. */
export const MAX_BATCH_LINES = 256

// What a crash can leave behind the last whole line, and two lines before that.
const TAIL_BYTES = (MAX_BATCH_LINES + 2) * MAX_LINE_BYTES
const LINE_FEED = 0x0a

/** Half a line at the end of a file, as a crash leaves it. */
export interface TornLine {
  readonly bytes: number
  /** The name of the file, beside the trail, where these bytes are now. */
  readonly movedTo: string
}

/** Opens a file; replaced in tests. */
export type OpenFile = (path: string, flags: string, mode: number) => Promise<FileHandle>

/**
 * A trail on disk: whole lines behind whole lines, and each write is all there or not at all. Nothing but the end of the
 * file is ever written, so that the system may be told to allow nothing else (`chattr +a`).
 */
export class AuditFile {
  readonly #path: string
  readonly #handle: FileHandle
  #size: number
  #isTorn = false

  private constructor(path: string, handle: FileHandle, size: number) {
    this.#path = path
    this.#handle = handle
    this.#size = size
  }

  /**
   * Opens a trail to go on with, or begins one. What a crash has left of a line is moved to a file beside it.
   *
   * @throws {@link BitTrickleError} `AUDIT_FOREIGN` for what is no audit trail, `AUDIT_BROKEN` when its end was altered,
   * `DISK_ERROR`
   */
  static async open(
    path: string,
    openFile: OpenFile = open,
  ): Promise<{ readonly file: AuditFile; readonly end: ChainEnd; readonly torn: TornLine | undefined }> {
    let handle: FileHandle | undefined
    try {
      handle = await openFile(path, 'a+', 0o600)
      const stats = await handle.stat()
      if (!stats.isFile()) throw foreign(path, 'it is no file')
      const { lines, rest } = await readTail(handle, stats.size)
      const end = await checkEnd(path, handle, lines, rest)
      const torn = rest.length === 0 ? undefined : await moveAside(path, handle, rest, stats.size)
      if (stats.size === 0) await syncFolder(dirname(path))
      return { file: new AuditFile(path, handle, stats.size - rest.length), end, torn }
    } catch (error) {
      await handle?.close()
      throw toError(path, error)
    }
  }

  /**
   * Looks whether a trail could be gone on with, or begun; changes nothing.
   *
   * @returns how many lines it has; 0 where it would be begun
   * @throws {@link BitTrickleError} as {@link AuditFile.open} would
   */
  static async check(path: string): Promise<number> {
    try {
      await using handle = await open(path, 'r')
      const stats = await handle.stat()
      if (!stats.isFile()) throw foreign(path, 'it is no file')
      await access(path, constants.W_OK)
      const { lines, rest } = await readTail(handle, stats.size)
      return (await checkEnd(path, handle, lines, rest)).seq
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw toError(path, error)
    }
    try {
      await access(dirname(path), constants.W_OK)
      return 0
    } catch (error) {
      throw toError(path, error)
    }
  }

  /** Whether the file is not at its path any more: it was moved away, or removed. */
  async isMoved(): Promise<boolean> {
    const own = await this.#handle.stat({ bigint: true })
    try {
      const { dev, ino } = await stat(this.#path, { bigint: true })
      return dev !== own.dev || ino !== own.ino
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return true
      throw toError(this.#path, error)
    }
  }

  /**
   * Writes whole lines, and resolves when they are on the disk.
   * @throws {@link BitTrickleError} `DISK_ERROR`, `AUDIT_BROKEN` when another program writes to the file: nothing of them
   * is there then, or will be removed before the next write
   */
  async append(lines: Buffer): Promise<void> {
    try {
      await this.#mend()
      this.#isTorn = true
      await this.#handle.appendFile(lines)
      await this.#handle.datasync()
      this.#size += lines.length
      this.#isTorn = false
    } catch (error) {
      throw toError(this.#path, error)
    }
  }

  // A disk that is full takes a part of a write.
  async #mend(): Promise<void> {
    const { size } = await this.#handle.stat()
    if (size === this.#size) return
    if (size < this.#size || !this.#isTorn) {
      throw new BitTrickleError(
        'AUDIT_BROKEN',
        `Another program has changed the audit trail ${this.#path}; an index is the only one that may write to it.`,
      )
    }
    await this.#handle.truncate(this.#size)
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

/** The last lines of a file, without their line feeds, and what stands behind the last of them. */
async function readTail(
  handle: FileHandle,
  size: number,
): Promise<{ readonly lines: readonly Buffer[]; readonly rest: Buffer }> {
  const from = Math.max(0, size - TAIL_BYTES)
  const bytes = Buffer.alloc(size - from)
  for (let read = 0; read < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, read, bytes.length - read, from + read)
    if (bytesRead === 0) throw new Error('The file has become shorter.')
    read += bytesRead
  }
  const lines: Buffer[] = []
  let end = bytes.lastIndexOf(LINE_FEED)
  const rest = bytes.subarray(end + 1)
  while (end >= 0 && lines.length < 2) {
    const begin = end === 0 ? -1 : bytes.lastIndexOf(LINE_FEED, end - 1)
    // What begins before the part that was read is no line of ours: it is too long.
    lines.unshift(bytes.subarray(begin + 1, end))
    end = begin
  }
  return { lines, rest }
}

/** Checks the first line and the last two. All of them is a matter of `verifyAudit`. */
async function checkEnd(
  path: string,
  handle: FileHandle,
  lines: readonly Buffer[],
  rest: Buffer,
): Promise<ChainEnd> {
  const first = await readFirst(handle)
  if (first === undefined) {
    // Of the very first line, perhaps only a part was written.
    if (lines.length > 0 || !isBeginning(rest)) throw foreign(path, 'it has lines of another kind')
    return CHAIN_START
  }
  const problem = headerProblem(first)
  if (problem !== undefined) throw foreign(path, `its first line ${problem}`)
  const [before, last] = lines.length === 1 ? [undefined, lines[0]] : lines
  const end = before === undefined ? CHAIN_START : endOf(parseOr(path, before))
  const line = parseOr(path, last)
  if (!follows(line, end)) throw broken(path)
  return endOf(line)
}

async function readFirst(handle: FileHandle): Promise<AuditLine | undefined> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_LINE_BYTES), 0, MAX_LINE_BYTES, 0)
  const end = buffer.subarray(0, bytesRead).indexOf(LINE_FEED)
  return end < 0 ? undefined : parseLine(buffer.subarray(0, end))
}

function parseOr(path: string, bytes: Buffer | undefined): AuditLine {
  const line = bytes && parseLine(bytes)
  if (line === undefined) throw broken(path)
  return line
}

const BEGINNING = Buffer.from('{"seq":0,"time":"')

function isBeginning(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, BEGINNING.length)
  return bytes.length <= MAX_LINE_BYTES && bytes.subarray(0, length).equals(BEGINNING.subarray(0, length))
}

// The copy is on the disk before the bytes are taken away.
async function moveAside(path: string, handle: FileHandle, rest: Buffer, size: number): Promise<TornLine> {
  const movedTo = `${path}.torn-${size}`
  for (let attempt = 0; ; attempt++) {
    const name = attempt === 0 ? movedTo : `${movedTo}-${attempt}`
    try {
      await using aside = await open(name, 'wx', 0o600)
      await aside.writeFile(rest)
      await aside.sync()
      await syncFolder(dirname(path))
      await handle.truncate(size - rest.length)
      return { bytes: rest.length, movedTo: basename(name) }
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw error
    }
  }
}

// Of a file that was made just now, the name too must outlive the loss of power.
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path)
  await folder.sync()
}

function foreign(path: string, why: string): BitTrickleError {
  return new BitTrickleError(
    'AUDIT_FOREIGN',
    `${path} is not an audit trail that this release can go on with: ${why}. Name another file.`,
  )
}

function broken(path: string): BitTrickleError {
  return new BitTrickleError(
    'AUDIT_BROKEN',
    `The end of the audit trail ${path} was altered. Keep it as it is, look at it with ` +
      '"bittrickle-server audit verify", and name another file.',
  )
}

function toError(path: string, cause: unknown): BitTrickleError {
  if (cause instanceof BitTrickleError) return cause
  const code = systemErrorCode(cause)
  return new BitTrickleError(
    'DISK_ERROR',
    `Cannot write the audit trail ${path} (${code ?? String(cause)}).`,
    { cause, retryable: code === 'ENOSPC' },
  )
}
