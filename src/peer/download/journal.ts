import { createHash } from 'node:crypto'
import { constants, type FileHandle, open, rm } from 'node:fs/promises'
import { Bitfield } from '../../content/bitfield.js'
import { ContentLayout } from '../../content/content-layout.js'
import { type FileStamp, isSameStamp } from '../../content/file-stamp.js'
import { systemErrorCode } from '../../errors.js'
import { writeWhole } from './disk.js'

/** What is known of a part file that an earlier download has left. */
export interface JournalRecord {
  /** Base64url. */
  readonly root: string
  readonly size: number
  readonly pieces: Bitfield
  /** What the part file was when the download stopped in good order; absent when it was killed. */
  readonly stamp: FileStamp | undefined
}

/** What was found where a journal would be. */
export type FoundJournal = JournalRecord | 'none' | 'damaged' | 'foreign'

const VERSION = 1
// The record of the largest content, 262,144 pieces in Base64url, and room for the rest.
const MAX_BYTES = 64 * 1024
const CHECK_CHARACTERS = 64

/**
 * Which pieces of a part file are there, kept beside it so that a download that was stopped in whatever way goes on
 * where it was. The whole record is written at once, over the one before: a process that is killed mostly leaves
 * either. What it leaves else, or a machine that loses its power, is found to be damaged, and then the part file is
 * looked at. Only a record with the stamp of the part file, which is written when the bytes are on the disk, spares that.
 */
export class Journal {
  readonly #path: string
  readonly #handle: FileHandle
  readonly #root: string
  readonly #size: number
  #writing: Promise<void> = Promise.resolve()
  #length: number

  private constructor(path: string, handle: FileHandle, length: number, root: string, size: number) {
    this.#path = path
    this.#handle = handle
    this.#length = length
    this.#root = root
    this.#size = size
  }

  /** Begins a journal, over one that may be there. */
  static async create(path: string, root: string, size: number): Promise<Journal> {
    const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants
    const handle = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o666)
    const { size: length } = await handle.stat()
    return new Journal(path, handle, Math.min(length, MAX_BYTES), root, size)
  }

  /**
   * Reads a journal: `foreign` is what no download has written.
   * @throws the error of the system where it cannot be looked at: for a link, say
   */
  static async read(path: string): Promise<FoundJournal> {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
    let file: FileHandle
    try {
      file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return 'none'
      throw error
    }
    try {
      const stats = await file.stat()
      if (!stats.isFile() || stats.size > MAX_BYTES) return 'foreign'
      const text = await file.readFile('latin1')
      return parse(text) ?? (isLikeOurs(text) ? 'damaged' : 'foreign')
    } finally {
      await file.close()
    }
  }

  /** Notes which pieces are there. Writes follow each other, and only the last state matters. */
  note(pieces: Bitfield, stamp?: FileStamp): Promise<void> {
    const text = format(this.#root, this.#size, pieces, stamp)
    const write = (): Promise<void> => this.#write(text)
    this.#writing = this.#writing.then(write, write)
    return this.#writing
  }

  async #write(text: string): Promise<void> {
    // Shorter than the one before: the rest is white space, which the reader passes over.
    const bytes = Buffer.from(text.padEnd(this.#length, '\n'), 'latin1')
    this.#length = bytes.length
    await writeWhole(this.#handle, bytes, 0)
  }

  /** Lets go of the file, once it is on the disk. */
  async close(): Promise<void> {
    try {
      await this.#writing
      await this.#handle.sync()
    } finally {
      await this.#handle.close()
    }
  }

  /** Removes it: the download is whole, or nobody wants it any more. */
  async remove(): Promise<void> {
    await this.#writing.catch(() => {})
    await this.#handle.close()
    await rm(this.#path, { force: true })
  }
}

function format(root: string, size: number, pieces: Bitfield, stamp: FileStamp | undefined): string {
  const clean = stamp && {
    ...stamp,
    mtimeNs: String(stamp.mtimeNs),
    ino: String(stamp.ino),
    dev: String(stamp.dev),
  }
  const record = { version: VERSION, root, size, pieces: pieces.toBytes().toString('base64url'), clean }
  const text = JSON.stringify(record)
  return `${checksum(text)} ${text}\n`
}

function parse(text: string): JournalRecord | undefined {
  const json = text.slice(CHECK_CHARACTERS + 1).trimEnd()
  if (checksum(json) !== text.slice(0, CHECK_CHARACTERS)) return undefined
  // What the checksum holds together, this code has written.
  const { version, root, size, pieces, clean } = JSON.parse(json)
  if (version !== VERSION) return undefined
  const { pieceCount } = new ContentLayout(size)
  return {
    root,
    size,
    pieces: Bitfield.fromBytes(Buffer.from(pieces, 'base64url'), pieceCount),
    stamp: clean && {
      ...clean,
      mtimeNs: BigInt(clean.mtimeNs),
      ino: BigInt(clean.ino),
      dev: BigInt(clean.dev),
    },
  }
}

// A record begins with a checksum in hexadecimal; what a machine has lost with its power is missing, or zero. Somebody's
// file that happens to be called so is nothing of the kind.
function isLikeOurs(text: string): boolean {
  const head = text.slice(0, CHECK_CHARACTERS)
  const strange = head.replaceAll(/[0-9a-f\0]/g, '')
  return strange.length <= head.length / 4
}

const checksum = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Whether the part file is just as the journal has left it, so that its pieces need not be hashed again. */
export function isAsLeft(record: JournalRecord, stamp: FileStamp): boolean {
  return record.stamp !== undefined && isSameStamp(record.stamp, stamp)
}
