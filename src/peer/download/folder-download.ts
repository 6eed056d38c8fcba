import { setMaxListeners } from 'node:events'
import type { Clock } from '../../clock.js'
import { BitTrickleError, type ErrorCode } from '../../errors.js'
import { quote } from '../../wire/names.js'
import type { SourceRecord } from '../../wire/records.js'
import { eachInFlight } from '../in-flight.js'
import type { DownloadedFile, SearchHit } from '../types.js'
import { unlessAborted, wait } from '../wait.js'
import { isDiskFull } from './disk.js'
import type { DownloadControl } from './download.js'
import { type FileProgress, FolderProgress } from './folder-progress.js'
import { readAhead } from './read-ahead.js'

/**
 * Files that are fetched at a time. Of small ones, so many keep the index, the source, this thread and that of the disk
 * busy at the same time, and a source lets 256 transfers be open on a connection. Of large ones, most of these wait in
 * the line of the source, which costs a few kilobytes each.
 */
const FILES_AT_ONCE = 128

// More than two users with the usual limits may publish. What is kept of so many is some 200 MB.
const MAX_FILES = 500_000

// Failures that are told one by one, for an app that wants to show them.
const MAX_TOLD = 100

// An index that is away is asked again this often, and for so long: the peer looks for it, and transfers go on meanwhile.
const LOOK_MS = 2_000
const PATIENCE_MS = 120_000

// Answers of the index after which asking for the next file is of no use.
const OF_ALL_FILES: readonly ErrorCode[] = [
  'NOT_LOGGED_IN',
  'CLOSED',
  'AUTHENTICATION_FAILED',
  'INDEX_UNREACHABLE',
  'RATE_LIMITED',
]

/** A file of a folder, as {@link FolderFetch.fetch} gets it. */
export interface FolderFile {
  readonly name: string
  /** Its name in the folder. */
  readonly inside: string
  readonly control: DownloadControl
  /** Asks the index something that the download cannot go on without. */
  readonly ask: <T>(question: () => Promise<T>) => Promise<T>
}

/** What {@link fetchFolder} needs. */
export interface FolderFetch {
  /** With the "/" behind it. */
  readonly name: string
  /** How the names of its files begin. */
  readonly prefix: string
  /** Where it goes, absolute. */
  readonly path: string
  readonly control: DownloadControl
  readonly clock: Clock
  readonly list: (signal: AbortSignal) => AsyncIterable<readonly SearchHit[]>
  readonly fetch: (file: FolderFile) => Promise<DownloadedFile>
}

/**
 * Fetches all files of a folder, many at a time, while the list of them is still being read.
 *
 * @throws BitTrickleError the first failure's code when files failed; `NOT_FOUND` when there are none; at once what
 * concerns all of them, such as `ABORTED`, `NOT_LOGGED_IN` or `DISK_ERROR` for a full disk
 */
export async function fetchFolder(fetch: FolderFetch): Promise<DownloadedFile> {
  const { signal } = fetch.control
  const download = new FolderDownload(fetch)
  const stop = (): void => download.stop(signal.reason)
  signal.addEventListener('abort', stop)
  try {
    signal.throwIfAborted()
    return await download.run()
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

interface ListedFile {
  readonly place: number
  readonly name: string
  readonly progress: FileProgress
}

class FolderDownload {
  readonly #fetch: FolderFetch
  readonly #progress: FolderProgress
  readonly #stopping = new AbortController()
  /** In the order of the list; of those that failed, none. */
  readonly #files: (DownloadedFile | undefined)[] = []
  readonly #failures: BitTrickleError[] = []
  #failed = 0
  #hasStarted = false
  /** Bytes come from there, for one file or for many. */
  readonly #sources = new Set<string>()
  readonly #control: Omit<DownloadControl, 'report'>
  /** When the index answered last. */
  #heardAt: number

  constructor(fetch: FolderFetch) {
    this.#fetch = fetch
    // Node.js takes more than ten listeners for a leak; each file has a few while it is fetched.
    setMaxListeners(0, this.#stopping.signal)
    this.#progress = new FolderProgress(fetch.control.report)
    this.#control = this.#makeControl()
    this.#heardAt = fetch.clock.monotonic()
  }

  /** Ends it. What has arrived stays. */
  stop(reason: unknown): void {
    this.#stopping.abort(reason)
  }

  async run(): Promise<DownloadedFile> {
    const { name, path } = this.#fetch
    await eachInFlight(readAhead(this.#list()), FILES_AT_ONCE, (file) => this.#fetchOne(file))
    this.#stopping.signal.throwIfAborted()
    if (this.#failed > 0) throw this.#summary()
    const files = this.#files.filter((file) => file !== undefined)
    return { name, path, size: files.reduce((sum, { size }) => sum + size, 0), files }
  }

  async *#list(): AsyncGenerator<readonly ListedFile[], void, undefined> {
    const { name: folder, prefix, list } = this.#fetch
    try {
      let read = 0
      for await (const hits of list(this.#stopping.signal)) {
        read += hits.length
        if (read > MAX_FILES) throw tooMany(folder)
        yield hits
          // An index that means ill, or does not know what a prefix is.
          .filter(({ name }) => name.startsWith(prefix))
          .map(({ name, size }) => ({
            place: this.#progress.listed,
            name,
            progress: this.#progress.add(size),
          }))
      }
      if (this.#progress.listed === 0) throw nothingThere(folder)
      this.#progress.complete()
    } catch (error) {
      this.stop(error)
      throw error
    }
  }

  async #fetchOne({ place, name, progress }: ListedFile): Promise<void> {
    const { prefix, control, fetch } = this.#fetch
    const { signal } = this.#stopping
    if (signal.aborted) return
    try {
      if (control.isPaused()) await unlessAborted(control.whenRunning(), signal)
      const file = await fetch({
        name,
        inside: name.slice(prefix.length),
        control: { ...this.#control, report: (now) => progress.report(now) },
        ask: this.#ask,
      })
      this.#files[place] = file
      progress.finish(file.size)
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof BitTrickleError) || isDiskFull(error)) this.stop(error)
      else if (++this.#failed <= MAX_TOLD) this.#failures.push(error)
    }
  }

  // Of all files but for how far each is.
  #makeControl(): Omit<DownloadControl, 'report'> {
    const { control } = this.#fetch
    return {
      signal: this.#stopping.signal,
      isPaused: control.isPaused,
      whenRunning: control.whenRunning,
      started: () => {
        if (!this.#hasStarted) control.started()
        this.#hasStarted = true
      },
      source: (source) => {
        if (this.#sources.has(keyOf(source))) return
        this.#sources.add(keyOf(source))
        control.source(source)
      },
      sourceLost: (lost) => {
        if (this.#sources.delete(keyOf(lost.source))) control.sourceLost(lost)
      },
      queued: control.queued,
      // The pieces of which file, nobody could tell.
      verified: () => {},
    }
  }

  readonly #ask = async <T>(question: () => Promise<T>): Promise<T> => {
    const { clock } = this.#fetch
    for (;;) {
      try {
        const answer = await question()
        this.#heardAt = clock.monotonic()
        return answer
      } catch (error) {
        const { code } = error as Partial<BitTrickleError>
        const isAway = code === 'INDEX_UNREACHABLE' && clock.monotonic() - this.#heardAt < PATIENCE_MS
        if (!isAway) {
          if (code !== undefined && OF_ALL_FILES.includes(code)) this.stop(error)
          throw error
        }
      }
      await wait(clock, LOOK_MS, this.#stopping.signal)
    }
  }

  #summary(): BitTrickleError {
    const [first] = this.#failures
    if (first === undefined) throw new Error('a failure is kept')
    const { code, message, retryAfter } = first
    const what = `${this.#failed} of ${this.#progress.listed} files below ${quote(this.#fetch.name)} could not be fetched`
    return new BitTrickleError(
      code,
      `${what}; the first: ${message} What has arrived is kept: get it again for the rest.`,
      {
        retryable: this.#failures.every(({ retryable }) => retryable),
        ...(retryAfter === undefined ? {} : { retryAfter }),
        cause: new AggregateError(this.#failures, what),
      },
    )
  }
}

const keyOf = ({ fingerprint, host, port }: SourceRecord): string => fingerprint ?? `${host} ${port}`

function nothingThere(name: string): BitTrickleError {
  const message = `No active peer offers anything below ${quote(name)} that you do not publish yourself.`
  return new BitTrickleError('NOT_FOUND', message, { retryable: true })
}

function tooMany(name: string): BitTrickleError {
  const message = `There are more than ${MAX_FILES} files below ${quote(name)}; get its folders one by one.`
  return new BitTrickleError('NOT_SUPPORTED', message)
}
