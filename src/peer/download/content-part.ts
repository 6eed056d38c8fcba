import { constants, type FileHandle, lstat, open, rm, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock } from '../../clock.js'
import { Bitfield } from '../../content/bitfield.js'
import { pieceHashOf } from '../../content/content.js'
import type { ContentLayout } from '../../content/content-layout.js'
import { stampOf } from '../../content/file-stamp.js'
import { PieceHasher } from '../../content/piece-hasher.js'
import type { WriteThread, WrittenBytes } from '../../content/write-thread.js'
import { BitTrickleError, systemErrorCode } from '../../errors.js'
import { quote } from '../../wire/names.js'
import type { ContentSink } from './content-sink.js'
import { diskError } from './disk.js'
import { FileWriter } from './file-writer.js'
import { type FoundJournal, isAsLeft, Journal, type JournalRecord } from './journal.js'
import { publishPart } from './part-file.js'
import type { Target } from './target.js'

// Between two notes in the journal: to note each piece took a sixth of the time of a whole download. What has come since
// the last one is found again when the process is killed.
const NOTE_MS = 200
const NOTE_BYTES = 8_388_608
// How far apart they may lie: what 16 sources are asked for at a time. To look through so much takes a fifth of a second.
const UNNOTED_SPAN = 268_435_456
// What is hashed again after a download that was killed is read in parts of this size.
const CHECK_BYTES = 1_048_576

/** What a part file is to become. */
export interface ContentPartOptions {
  readonly target: Target
  readonly overwrite: boolean
  readonly root: string
  readonly layout: ContentLayout
  readonly clock: Clock
  /** Writes and hashes, when it is ready. */
  readonly thread: WriteThread
}

/** The pieces of a content on their way into a file: each counts when it is verified, and outlives this process. */
export class ContentPart implements ContentSink {
  readonly pieces: Bitfield
  readonly #options: ContentPartOptions
  readonly #handle: FileHandle
  readonly #writer: FileWriter
  readonly #journal: Journal
  #isChecked: boolean
  #notedAt: number
  #unnotedBytes = 0

  private constructor(
    options: ContentPartOptions,
    handle: FileHandle,
    journal: Journal,
    pieces: Bitfield,
    isChecked: boolean,
  ) {
    this.#options = options
    this.#handle = handle
    this.#writer = new FileWriter(handle, options.thread)
    this.#journal = journal
    this.pieces = pieces
    this.#isChecked = isChecked
    this.#notedAt = options.clock.monotonic()
  }

  /**
   * Opens the part file, with what an earlier download of the same content has left in it.
   *
   * @throws BitTrickleError `TARGET_EXISTS` for a part file that is not ours, `UNSAFE_TARGET` for a link, `DISK_ERROR`,
   * also when there is too little room for the rest
   */
  static async open(options: ContentPartOptions): Promise<ContentPart> {
    const { target, overwrite, root, layout } = options
    const { partPath } = target
    try {
      const found = await Journal.read(journalPathOf(target))
      const isOurs = isRecord(found) || found === 'damaged'
      if (found === 'foreign' && !overwrite) throw inTheWay(journalPathOf(target))
      await assertRoom(target, layout.size)
      if (!isOurs && !overwrite && (await blocksOf(partPath)) !== undefined) throw inTheWay(partPath)
      const isSame = isRecord(found) && found.root === root && found.size === layout.size
      const known = isSame ? found.pieces : new Bitfield(layout.pieceCount)
      // First of all: a part file without a journal would be nobody's.
      const journal = await Journal.create(journalPathOf(target), root, layout.size)
      try {
        await journal.note(known)
        const handle = await openPart(partPath)
        try {
          const stamp = stampOf(await handle.stat({ bigint: true }))
          const isAsLarge = stamp.size === layout.size
          const isClean = isSame && isAsLarge && isAsLeft(found, stamp)
          const isKept = isAsLarge && layout.pieceCount > 0 && (isSame || found === 'damaged')
          const isToCheck = isKept && !isClean
          let pieces = known
          if (isToCheck) pieces = isSame ? withUnnoted(known, layout) : Bitfield.full(layout.pieceCount)
          else if (!isClean) {
            pieces = new Bitfield(layout.pieceCount)
            await journal.note(pieces)
            await handle.truncate(0)
            await handle.truncate(layout.size)
          }
          const isChecked = !isToCheck
          return new ContentPart(options, handle, journal, pieces, isChecked)
        } catch (error) {
          await handle.close()
          throw error
        }
      } catch (error) {
        await journal.close()
        throw error
      }
    } catch (cause) {
      throw diskError(partPath, cause)
    }
  }

  /**
   * Removes what a download has left that was killed when the file had its final name already.
   * @throws BitTrickleError `DISK_ERROR`, `UNSAFE_TARGET`
   */
  static async clear(target: Target): Promise<void> {
    try {
      const found = await Journal.read(journalPathOf(target))
      if (found === 'none' || found === 'foreign') return
      await rm(target.partPath, { force: true })
      await rm(journalPathOf(target), { force: true })
    } catch (cause) {
      throw diskError(target.partPath, cause)
    }
  }

  get isChecked(): boolean {
    return this.#isChecked
  }

  async check(layer: Buffer, signal: AbortSignal): Promise<void> {
    if (this.#isChecked) return
    const { layout, target } = this.#options
    const buffer = Buffer.allocUnsafe(Math.min(CHECK_BYTES, layout.pieceSize))
    try {
      for (let piece = 0; piece < layout.pieceCount; piece++) {
        if (!this.pieces.has(piece)) continue
        signal.throwIfAborted()
        const hasher = new PieceHasher(layout, piece)
        while (!hasher.isComplete) {
          const length = Math.min(buffer.length, layout.pieceLength(piece) - hasher.received)
          const position = layout.pieceStart(piece) + hasher.received
          const { bytesRead } = await this.#handle.read(buffer, 0, length, position)
          if (bytesRead < length) break
          hasher.update(buffer.subarray(0, length))
        }
        if (!hasher.isComplete || !hasher.matches(pieceHashOf(layer, piece))) this.pieces.delete(piece)
      }
    } catch (cause) {
      throw diskError(target.partPath, cause)
    }
    this.#isChecked = true
  }

  async write(bytes: Buffer, position: number): Promise<WrittenBytes | undefined> {
    try {
      return await this.#writer.write(bytes, position)
    } catch (cause) {
      throw diskError(this.#options.target.partPath, cause)
    }
  }

  async add(piece: number): Promise<void> {
    this.pieces.add(piece)
    const { clock, layout } = this.#options
    const now = clock.monotonic()
    this.#unnotedBytes += layout.pieceLength(piece)
    if (now - this.#notedAt < NOTE_MS && this.#unnotedBytes < NOTE_BYTES) return
    this.#notedAt = now
    this.#unnotedBytes = 0
    try {
      await this.#journal.note(this.pieces)
    } catch (cause) {
      throw diskError(this.#options.target.partPath, cause)
    }
  }

  /** Stops here: a later download goes on from what is verified. Nothing may be being written. */
  async suspend(): Promise<void> {
    try {
      // What was not looked at yet must be looked at the next time too.
      if (this.#isChecked) await this.#noteClean()
    } catch {
      // What the journal said before still holds; the pieces are hashed again.
    } finally {
      await this.#handle.close().catch(() => {})
      await this.#journal.close().catch(() => {})
    }
  }

  async #noteClean(): Promise<void> {
    await this.#handle.sync()
    await this.#journal.note(this.pieces, stampOf(await this.#handle.stat({ bigint: true })))
  }

  /**
   * Puts the file under its final name, once its bytes are on the disk. Where that fails, a later download goes on from
   * here.
   *
   * @throws BitTrickleError `TARGET_EXISTS`, `DISK_ERROR`
   */
  async finish(): Promise<void> {
    const { target, overwrite } = this.#options
    try {
      await this.#noteClean()
      await this.#handle.close()
      await publishPart(target, overwrite)
    } catch (cause) {
      await this.#handle.close().catch(() => {})
      await this.#journal.close().catch(() => {})
      throw diskError(target.partPath, cause)
    }
    // The file is there, whatever becomes of the journal.
    await this.#journal.remove().catch(() => {})
  }
}

const journalPathOf = ({ partPath }: Target): string => `${partPath}.journal`

const isRecord = (found: FoundJournal): found is JournalRecord => typeof found === 'object'

/**
 * The pieces that may be in a part file whose download was killed: those that were noted, and what may have come since.
 * Pieces are asked for in order, so that is near the first that is missing.
 */
function withUnnoted(noted: Bitfield, layout: ContentLayout): Bitfield {
  const pieces = Bitfield.fromBytes(noted.toBytes(), noted.length)
  const first = noted.nextMissing() ?? noted.length
  const end = Math.min(noted.length, first + Math.ceil(UNNOTED_SPAN / layout.pieceSize))
  for (let piece = first; piece < end; piece++) pieces.add(piece)
  return pieces
}

async function openPart(path: string): Promise<FileHandle> {
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants
  const handle = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o666)
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) throw inTheWay(path)
    if (stats.nlink <= 1) return handle
  } catch (error) {
    await handle.close()
    throw error
  }
  // It has another name too: it was killed between getting its final name and losing this one. What is written here
  // must not be seen there.
  await handle.close()
  await rm(path)
  return open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666)
}

async function assertRoom(target: Target, size: number): Promise<void> {
  const folder = dirname(target.partPath)
  const { bavail, bsize } = await statfs(folder)
  const wanted = size - Math.min(size, ((await blocksOf(target.partPath)) ?? 0) * 512)
  if (wanted <= bavail * bsize) return
  const message = `There is no room for ${wanted} more bytes at ${quote(folder)}.`
  throw new BitTrickleError('DISK_ERROR', message, { retryable: true })
}

// Of 512 bytes, as POSIX has it.
async function blocksOf(path: string): Promise<number | undefined> {
  try {
    return (await lstat(path)).blocks
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function inTheWay(path: string): BitTrickleError {
  return new BitTrickleError(
    'TARGET_EXISTS',
    `${quote(path)} is in the way, and no download has left it; remove it, or set "overwrite".`,
  )
}
