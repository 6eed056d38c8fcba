import { createHash } from 'node:crypto'
import { constants, type FileHandle, open, rm } from 'node:fs/promises'
import { Bitfield } from '../../content/bitfield.js'
import { ContentLayout } from '../../content/content-layout.js'
import { type FileStamp, isSameStamp } from '../../content/file-stamp.js'
import { systemErrorCode } from '../../errors.js'

/** What is known of a part file that an earlier download has left. */
export interface JournalRecord {
  /** Base64url. */
  readonly root: string
  readonly size: number
  readonly pieces: Bitfield
  /** What the part file was when the download stopped in good order; absent when it was killed. */
  readonly stamp: FileStamp | undefined
}

const VERSION = 1
// The record of the largest content, 262,144 pieces in Base64url, and room for the rest.
const MAX_BYTES = 64 * 1024
const CHECK_CHARACTERS = 64

/**
 * Which pieces of a part file are there, kept beside it so that a download that was stopped in whatever way goes on
 * where it was. The whole record is written at once, over the one before: a process that is killed leaves either.
 */
export class Journal {
  readonly #path: string
  readonly #handle: FileHandle
  readonly #root: string
  readonly #size: number
  #writing: Promise<void> = Promise.resolve()
  #length = 0

  private constructor(path: string, handle: FileHandle, root: string, size: number) {
    this.#path = path
    this.#handle = handle
    this.#root = root
    this.#size = size
  }

  /** Begins a journal, over one that may be there. */
  static async create(path: string, root: string, size: number): Promise<Journal> {
    const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants
    return new Journal(path, await open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o666), root, size)
  }

  /** Reads a journal; undefined where there is none, or none that can be understood. */
  static async read(path: string): Promise<JournalRecord | undefined> {
    try {
      await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
      const { size } = await file.stat()
      return size > MAX_BYTES ? undefined : parse(await file.readFile('latin1'))
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error
      return undefined
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
    const padded = text.padEnd(this.#length, '\n')
    this.#length = padded.length
    await this.#handle.write(padded, 0, 'latin1')
  }

  /** Lets go of the file, once it is on the disk. */
  async close(): Promise<void> {
    await this.#writing.catch(() => {})
    await this.#handle.sync()
    await this.#handle.close()
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

const checksum = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Whether the part file is just as the journal has left it, so that its pieces need not be hashed again. */
export function isAsLeft(record: JournalRecord, stamp: FileStamp): boolean {
  return record.stamp !== undefined && isSameStamp(record.stamp, stamp)
}
