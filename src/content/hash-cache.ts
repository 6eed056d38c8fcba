import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Clock, systemClock, type Timer } from '../clock.js'
import { BitTrickleError, systemErrorCode } from '../errors.js'
import type { Content } from './content.js'
import type { FileStamp } from './file-stamp.js'
import { type CacheEntry, contentOf, parseLine, toLine } from './hash-cache-line.js'

/** Entries kept: ten times the files that one peer is built to publish. The one longest unused gives way. */
export const MAX_CACHE_ENTRIES = 100_000
/** Text kept, in memory as on disk: 32 MiB is 350 files of the longest piece layer, or 100,000 of one piece. */
export const MAX_CACHE_BYTES = 33_554_432
/** What is hashed within this is written at once. A crash costs the hashing of this last second again. */
const SAVE_DELAY_MS = 1_000
/**
 * A file whose bytes were last written less than this before it was hashed may be written once more within the same
 * tick of its file system's clock (FAT: 2 s), and have the same stamp.
 */
const SETTLED_MS = 2_000

const HEADER = 'bittrickle-hash-cache 1'

/** How a {@link HashCache} works. */
export interface HashCacheOptions {
  /**
   * The file that keeps it from one run to the next.
   * @defaultValue none: it is known for as long as this object lives
   */
  readonly path?: string
  /**
   * Told when the file cannot be written (`DISK_ERROR`). The cache works on.
   * @defaultValue none
   */
  readonly onWarning?: (error: BitTrickleError) => void
  /** @defaultValue the clock of the machine */
  readonly clock?: Clock
  /** @defaultValue {@link MAX_CACHE_ENTRIES} */
  readonly maxEntries?: number
  /** @defaultValue {@link MAX_CACHE_BYTES} */
  readonly maxBytes?: number
}

/** Remembers what was hashed, so that a file that has not changed since is not read again. */
export class HashCache {
  readonly #options: HashCacheOptions
  readonly #clock: Clock
  // The one longest unused comes first.
  readonly #entries = new Map<string, CacheEntry>()
  #bytes = 0
  #timer: Timer | undefined
  #saving: Promise<void> = Promise.resolve()

  constructor(options: HashCacheOptions = {}) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** How many files are known. */
  get size(): number {
    return this.#entries.size
  }

  /** Reads what was remembered. Every line that cannot be understood is passed over: its file is hashed again. */
  async load(): Promise<void> {
    const { path, maxBytes = MAX_CACHE_BYTES } = this.#options
    if (path === undefined) return
    const lines = (await readText(path, HEADER.length + 1 + maxBytes)).split('\n')
    if (lines.shift() !== HEADER) return
    for (const line of lines) {
      const entry = parseLine(line)
      if (entry !== undefined && !this.#entries.has(entry.path)) this.#put(entry)
    }
  }

  /**
   * What a file was when it was hashed, if its stamp is still the same.
   *
   * @param path - absolute
   */
  get(path: string, stamp: FileStamp): Content | undefined {
    const entry = this.#entries.get(path)
    if (entry === undefined) return undefined
    const content = contentOf(entry, stamp)
    this.#remove(entry)
    // It can be of no use any more: the stamp of a file does not come back.
    if (content === undefined) this.#saveSoon()
    else this.#put(entry)
    return content
  }

  /**
   * Remembers what a file is. One that was written only just now is not remembered, since its next change may not show
   * in its stamp.
   *
   * @param path - absolute
   * @param stamp - what it had before and after it was hashed
   * @returns whether it is remembered
   */
  set(path: string, stamp: FileStamp, content: Content): boolean {
    const before = this.#entries.get(path)
    if (before !== undefined) this.#remove(before)
    const isSettled = this.#clock.now() - Number(stamp.mtimeNs / 1_000_000n) >= SETTLED_MS
    if (isSettled) this.#put({ path, line: toLine(path, stamp, content) })
    if (isSettled || before !== undefined) this.#saveSoon()
    return isSettled
  }

  /** Forgets a file. */
  delete(path: string): void {
    const entry = this.#entries.get(path)
    if (entry === undefined) return
    this.#remove(entry)
    this.#saveSoon()
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    if (this.#timer !== undefined) this.#saveNow()
    await this.#saving
  }

  #put(entry: CacheEntry): void {
    const { maxEntries = MAX_CACHE_ENTRIES, maxBytes = MAX_CACHE_BYTES } = this.#options
    this.#entries.set(entry.path, entry)
    this.#bytes += entry.line.length + 1
    for (const oldest of this.#entries.values()) {
      if (this.#entries.size <= maxEntries && this.#bytes <= maxBytes) return
      this.#remove(oldest)
    }
  }

  #remove(entry: CacheEntry): void {
    this.#entries.delete(entry.path)
    this.#bytes -= entry.line.length + 1
  }

  #saveSoon(): void {
    if (this.#options.path === undefined) return
    this.#timer ??= this.#clock.setTimeout(() => this.#saveNow(), SAVE_DELAY_MS)
  }

  // One after the other: the last state wins.
  #saveNow(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#saving = this.#saving.then(() => this.#write())
  }

  async #write(): Promise<void> {
    const { path, onWarning } = this.#options
    if (path === undefined) return
    const lines = [HEADER, ...Array.from(this.#entries.values(), ({ line }) => line)]
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      // Not flushed: what a crash loses is only hashed again.
      const { default: writeFileAtomic } = await import('write-file-atomic')
      await writeFileAtomic(path, `${lines.join('\n')}\n`, { fsync: false, mode: 0o600 })
    } catch (cause) {
      const message = `Cannot remember the hashes of files in ${path} (${systemErrorCode(cause)}).`
      onWarning?.(new BitTrickleError('DISK_ERROR', message, { cause }))
    }
  }
}

// Whatever lies there, no more than the cache could have written is read.
async function readText(path: string, maxBytes: number): Promise<string> {
  try {
    await using file = await open(path)
    const stats = await file.stat()
    return stats.isFile() && stats.size <= maxBytes ? await file.readFile('latin1') : ''
  } catch {
    return ''
  }
}
