import { resolve } from 'node:path'
import type { Clock } from '../../clock.js'
import { WriteThread } from '../../content/write-thread.js'
import { BitTrickleError } from '../../errors.js'
import { quote } from '../../wire/names.js'
import type { SourceRecord } from '../../wire/records.js'
import { isFolderName, prefixOf, toFolderName } from '../folder-name.js'
import type { RateLimit } from '../rate-limit.js'
import type { RequestPace } from '../request-pace.js'
import type { DownloadedFile, SearchHit, SearchOptions } from '../types.js'
import { BusyTargets } from './busy-targets.js'
import { fetchClassic } from './classic-download.js'
import type { DownloadControl } from './download.js'
import { FilePlacer } from './file-placer.js'
import { type FolderFile, fetchFolder } from './folder-download.js'
import { FolderTargets } from './folder-targets.js'
import { assertSealed, type FoundContent, tellChoice, type Wanted } from './found-content.js'
import { PartFile } from './part-file.js'
import { fetchSealed, type SealedLocation } from './sealed-download.js'
import { SmallFiles } from './small-files.js'
import type { SourceChannels } from './source-channels.js'
import { type PreparedTarget, prepareTarget, type Target } from './target.js'

/** What {@link Downloader} needs. */
export interface DownloaderOptions {
  /** Absolute path of the download folder. */
  readonly folder: string
  /** Of all downloads together. */
  readonly rate: RateLimit
  readonly clock: Clock
  readonly locate: (name: string, wanted: Wanted, signal: AbortSignal) => Promise<FoundContent>
  /** Asks for one source of a name, together with many others; undefined when {@link DownloaderOptions.locate} must. */
  readonly locateSoon: (
    name: string,
    from: string | undefined,
    signal: AbortSignal,
  ) => Promise<SealedLocation | undefined>
  readonly list: (listing: SearchOptions) => AsyncIterable<readonly SearchHit[]>
  /** For the questions that a folder asks: more than an index may grant in one go. */
  readonly pace: RequestPace
  /** To sealed sources; a classic peer has none. */
  readonly channels: SourceChannels | undefined
  /** A source did what it should not. */
  readonly onWarning: (message: string, cause?: unknown) => void
}

/** What to download, and where it goes. */
export interface DownloadJob extends Wanted {
  /** Of a file; with a "/" behind it, of a folder. */
  readonly name: string
  /** Relative to the download folder; absent: the name. */
  readonly as?: string
  readonly overwrite?: boolean
  readonly control: DownloadControl
}

/** One file to download. */
interface FileJob extends DownloadJob {
  readonly as: string
}

/** What the files of a download have in common. */
interface Way {
  /** Takes the target for as long as it is written to. */
  readonly take: (target: PreparedTarget) => (() => void) | Promise<() => void>
  /** Asks the index for the first time. */
  readonly find: (name: string) => Promise<FoundContent>
  /** The short way, where there is one. */
  readonly short?: ShortWay | undefined
}

interface ShortWay {
  readonly files: SmallFiles
  /** Asks the index for one source. */
  readonly find: (name: string) => Promise<SealedLocation | undefined>
}

/** Carries downloads out: from the question where to fetch to the file under its final name. */
export class Downloader {
  readonly #options: DownloaderOptions
  readonly #busy = new BusyTargets()
  readonly #thread = new WriteThread()
  readonly #placer = new FilePlacer()

  constructor(options: DownloaderOptions) {
    this.#options = options
  }

  /** Downloads a file, or all files of a folder. */
  run(job: DownloadJob): Promise<DownloadedFile> {
    const { name, as = name, control } = job
    if (isFolderName(name)) return this.#runFolder(job)
    const { locate, onWarning } = this.#options
    return this.#runFile(
      { ...job, as },
      {
        take: (target) => this.#busy.take(target, control.signal),
        find: async () => {
          const found = await locate(name, job, control.signal)
          tellChoice(name, found, onWarning)
          return found
        },
      },
    )
  }

  /** Ends the threads that write, when no download runs any more. */
  async close(): Promise<void> {
    await Promise.all([this.#thread.end(), this.#placer.close()])
  }

  async #runFolder(job: DownloadJob): Promise<DownloadedFile> {
    const { name, as = name, root, from, overwrite = false, control } = job
    const { folder, channels, clock, list, locate, locateSoon, pace, rate } = this.#options
    if (root !== undefined) {
      const message = `The option "root" is the root of one file; ${quote(name)} is a folder. Leave it out.`
      throw new BitTrickleError('INVALID_OPTION', message)
    }
    const prefix = prefixOf(toFolderName(name))
    const asPrefix = prefixOf(toFolderName(as))
    const path = resolve(folder, asPrefix)
    const wanted = from === undefined ? {} : { from }
    const targets = new FolderTargets(this.#busy, overwrite)
    // Bytes that are counted out come in the general way.
    const isShort = channels !== undefined && !rate.isBounded
    let way: Way | undefined
    const makeWay = (signal: AbortSignal, ask: FolderFile['ask']): Way => ({
      take: (target) => targets.take(target, signal),
      find: (name) => ask(() => pace.ask(() => locate(name, wanted, signal), signal)),
      short: isShort
        ? {
            files: new SmallFiles({ folder, placer: this.#placer, channels, clock, signal }),
            find: (name) => ask(() => locateSoon(name, from, signal)),
          }
        : undefined,
    })
    const fetch = ({ name, inside, control, ask }: FolderFile): Promise<DownloadedFile> => {
      way ??= makeWay(control.signal, ask)
      return this.#runFile({ ...wanted, name, as: `${asPrefix}${inside}`, overwrite, control }, way)
    }
    const release = this.#busy.takeFolder(path)
    try {
      return await fetchFolder({
        name,
        prefix,
        path,
        control,
        clock,
        list: (signal) => list({ prefix, ...wanted, signal }),
        fetch,
      })
    } finally {
      release()
      way?.short?.files.close()
    }
  }

  // What is there at once is not waited for: a promise or two more are a good part of what a small file costs.
  async #runFile(job: FileJob, { take, find, short }: Way): Promise<DownloadedFile> {
    const { name, as, control } = job
    const preparing = short?.files.prepare(as)
    const free = preparing instanceof Promise ? await preparing : preparing
    const target = free ?? (await this.#prepare(job))
    const taking = take(target)
    const release = taking instanceof Promise ? await taking : taking
    try {
      if (short === undefined || free === undefined) return await this.#fetchFile(job, target, find)
      const near = await short.find(name)
      const outcome = near && (await short.files.fetch(near, free, control))
      if (near !== undefined && outcome === 'there') return { name, path: free.path, size: near.size }
      // Something may stand there by now.
      await this.#prepare(job)
      return await this.#fetchFile(job, target, find, near, outcome === 'begun')
    } finally {
      release()
    }
  }

  async #fetchFile(
    job: FileJob,
    target: Target,
    find: Way['find'],
    near?: SealedLocation,
    hadSource = false,
  ): Promise<DownloadedFile> {
    const { name } = job
    const { channels } = this.#options
    const found = await findAgain(() => find(name), near)
    const size =
      channels === undefined
        ? await this.#fetchClassic(job, target, found.sources)
        : await this.#fetchSealed(job, target, found, channels, hadSource)
    return { name, path: target.path, size }
  }

  #prepare({ as, overwrite = false }: FileJob): Promise<PreparedTarget> {
    const { folder, channels } = this.#options
    // Whether what is there may stay, only the content tells.
    return prepareTarget(folder, as, overwrite || channels !== undefined)
  }

  #fetchSealed(
    job: FileJob,
    target: Target,
    found: FoundContent,
    channels: SourceChannels,
    hadSource: boolean,
  ): Promise<number> {
    const { name, overwrite = false, control, from, root: wanted } = job
    const { clock, locate, onWarning, rate } = this.#options
    return fetchSealed({
      thread: this.#thread,
      name,
      target,
      overwrite,
      location: assertSealed(name, found, wanted),
      hadSource,
      channels,
      rate,
      clock,
      control,
      onWarning,
      locate: async (root, signal) => {
        const found = await locate(name, { root, ...(from === undefined ? {} : { from }) }, signal)
        return assertSealed(name, found, root)
      },
    })
  }

  async #fetchClassic(
    { name, overwrite = false, control }: FileJob,
    target: Target,
    [source]: readonly SourceRecord[],
  ): Promise<number> {
    if (source === undefined) throw new BitTrickleError('NOT_FOUND', `No active peer offers "${name}".`)
    const part = await PartFile.create(target, overwrite)
    try {
      await fetchClassic({ name, source, part, rate: this.#options.rate, control })
      control.signal.throwIfAborted()
      await part.finish()
    } catch (error) {
      await part.discard()
      throw error
    }
    return part.size
  }
}

/** All sources; or, where there are none any more, the one that was named a moment ago, which may come back. */
async function findAgain(
  find: () => Promise<FoundContent>,
  near: SealedLocation | undefined,
): Promise<FoundContent> {
  try {
    return await find()
  } catch (error) {
    if (near !== undefined && error instanceof BitTrickleError && error.code === 'NOT_FOUND') return near
    throw error
  }
}
