import { constants, type FileHandle, open, rm, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Bitfield } from '../../content/bitfield.js'
import { pieceHashOf } from '../../content/content.js'
import type { ContentLayout } from '../../content/content-layout.js'
import { stampOf } from '../../content/file-stamp.js'
import { PieceHasher } from '../../content/piece-hasher.js'
import { BitTrickleError, systemErrorCode } from '../../errors.js'
import { quote } from '../../wire/names.js'
import { isAsLeft, Journal } from './journal.js'
import { diskError, publishPart } from './part-file.js'
import type { Target } from './target.js'

// What is hashed again after a download that was killed is read in parts of this size.
const CHECK_BYTES = 1_048_576

/** What a part file is to become. */
export interface ContentPartOptions {
  readonly target: Target
  readonly overwrite: boolean
  readonly root: string
  readonly layout: ContentLayout
}

/** The pieces of a content on their way into a file: each counts when it is verified, and outlives this process. */
export class ContentPart {
  /** The verified pieces. */
  readonly pieces: Bitfield
  readonly #options: ContentPartOptions
  readonly #handle: FileHandle
  readonly #journal: Journal
  #isChecked: boolean

  private constructor(
    options: ContentPartOptions,
    handle: FileHandle,
    journal: Journal,
    pieces: Bitfield,
    isChecked: boolean,
  ) {
    this.#options = options
    this.#handle = handle
    this.#journal = journal
    this.pieces = pieces
    this.#isChecked = isChecked
  }

  /**
   * Opens the part file, with what an earlier download of the same content has left in it.
   *
   * @throws BitTrickleError `TARGET_EXISTS` for a part file that is not ours, `DISK_ERROR`, also when there is too
   * little room for the rest
   */
  static async open(options: ContentPartOptions): Promise<ContentPart> {
    const { target, overwrite, root, layout } = options
    const journalPath = `${target.partPath}.journal`
    try {
      const record = await Journal.read(journalPath)
      const isOurs = record !== undefined
      const goesOn = record?.root === root && record.size === layout.size
      const { O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_NOFOLLOW } = constants
      const begin = isOurs || overwrite ? O_TRUNC : O_EXCL
      const flags = O_RDWR | O_CREAT | O_NOFOLLOW | (goesOn ? 0 : begin)
      const handle = await open(target.partPath, flags, 0o666)
      try {
        const stamp = stampOf(await handle.stat({ bigint: true }))
        const kept = goesOn && stamp.size === layout.size ? record : undefined
        const pieces = kept?.pieces ?? new Bitfield(layout.pieceCount)
        await assertRoom(target, layout.size, pieces, layout)
        if (stamp.size !== layout.size) await handle.truncate(layout.size)
        const journal = await Journal.create(journalPath, root, layout.size)
        await journal.note(pieces)
        return new ContentPart(options, handle, journal, pieces, kept === undefined || isAsLeft(kept, stamp))
      } catch (error) {
        await handle.close()
        throw error
      }
    } catch (cause) {
      if (systemErrorCode(cause) === 'EEXIST') {
        const message = `${quote(target.partPath)} is in the way, and no download has left it; remove it, or set "overwrite".`
        throw new BitTrickleError('TARGET_EXISTS', message, { cause })
      }
      throw diskError(target.partPath, cause)
    }
  }

  /** Whether the pieces are known to be right; else {@link check} has to look. */
  get isChecked(): boolean {
    return this.#isChecked
  }

  /** Bytes of the verified pieces. */
  get verifiedBytes(): number {
    let bytes = 0
    for (let piece = 0; piece < this.pieces.length; piece++) {
      if (this.pieces.has(piece)) bytes += this.#options.layout.pieceLength(piece)
    }
    return bytes
  }

  /** Hashes again what an earlier download that was killed has left: its last writes may not all have come through. */
  async check(layer: Buffer, signal: AbortSignal): Promise<void> {
    if (this.#isChecked) return
    const { layout } = this.#options
    const buffer = Buffer.allocUnsafe(Math.min(CHECK_BYTES, layout.pieceSize))
    for (let piece = 0; piece < layout.pieceCount; piece++) {
      if (!this.pieces.has(piece)) continue
      signal.throwIfAborted()
      const hasher = new PieceHasher(layout, piece)
      while (!hasher.isComplete) {
        const length = Math.min(buffer.length, layout.pieceLength(piece) - hasher.received)
        const { bytesRead } = await this.#handle.read(
          buffer,
          0,
          length,
          layout.pieceStart(piece) + hasher.received,
        )
        if (bytesRead < length) break
        hasher.update(buffer.subarray(0, length))
      }
      if (!hasher.isComplete || !hasher.matches(pieceHashOf(layer, piece))) this.pieces.delete(piece)
    }
    this.#isChecked = true
  }

  /** Writes bytes of a piece, which do not count yet. */
  async write(bytes: Buffer, position: number): Promise<void> {
    try {
      for (let written = 0; written < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(
          bytes,
          written,
          bytes.length - written,
          position + written,
        )
        written += bytesWritten
      }
    } catch (cause) {
      throw diskError(this.#options.target.partPath, cause)
    }
  }

  /** A piece was verified, and its bytes are written. */
  async add(piece: number): Promise<void> {
    this.pieces.add(piece)
    try {
      await this.#journal.note(this.pieces)
    } catch (cause) {
      throw diskError(this.#options.target.partPath, cause)
    }
  }

  /** Stops here: a later download goes on from what is verified. */
  async suspend(): Promise<void> {
    try {
      await this.#handle.sync()
      const stamp = stampOf(await this.#handle.stat({ bigint: true }))
      await this.#journal.note(this.pieces, stamp)
      await this.#journal.close()
    } catch {
      // What the journal said before still holds; the pieces are hashed again.
    } finally {
      await this.#handle.close().catch(() => {})
    }
  }

  /**
   * Puts the file under its final name, once its bytes are on the disk.
   * @throws BitTrickleError `TARGET_EXISTS`, `DISK_ERROR`
   */
  async finish(): Promise<void> {
    const { target, overwrite } = this.#options
    try {
      await this.#handle.sync()
      await this.#handle.close()
    } catch (cause) {
      throw diskError(target.partPath, cause)
    }
    await publishPart(target, overwrite)
    await this.#journal.remove()
  }

  /** Removes all of it: nobody wants the rest. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {})
    await this.#journal.remove()
    await rm(this.#options.target.partPath, { force: true })
  }
}

async function assertRoom(
  target: Target,
  size: number,
  pieces: Bitfield,
  layout: ContentLayout,
): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(target.partPath))
  const { blocks } = await stat(target.partPath)
  const wanted = size - Math.min(size, Math.max(blocks * 512, pieces.count * layout.pieceSize))
  if (wanted > bavail * bsize) {
    const message = `There is no room for ${wanted} more bytes at ${quote(dirname(target.path))}.`
    throw new BitTrickleError('DISK_ERROR', message, { retryable: true })
  }
}
