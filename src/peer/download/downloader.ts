import { BitTrickleError } from '../../errors.js'
import { RateLimit } from '../rate-limit.js'
import type { DownloadedFile, Location } from '../types.js'
import { fetchClassic } from './classic-download.js'
import type { DownloadControl } from './download.js'
import { PartFile } from './part-file.js'
import { BusyTargets, prepareTarget } from './target.js'

/** What {@link Downloader} needs. */
export interface DownloaderOptions {
  /** Absolute path of the download folder. */
  readonly folder: string
  /** Bytes a second for all downloads together. */
  readonly rate: number | undefined
  readonly locate: (name: string, signal: AbortSignal) => Promise<Location>
}

/** What to download, and where it goes. */
export interface DownloadJob {
  readonly name: string
  /** Relative to the download folder. */
  readonly as: string
  readonly overwrite: boolean
  readonly control: DownloadControl
}

/** Carries downloads out: from the question where to fetch to the file under its final name. */
export class Downloader {
  readonly #options: DownloaderOptions
  readonly #rate: RateLimit
  readonly #busy = new BusyTargets()

  constructor(options: DownloaderOptions) {
    this.#options = options
    this.#rate = new RateLimit(options.rate)
  }

  /** Downloads a file. */
  async run({ name, as, overwrite, control }: DownloadJob): Promise<DownloadedFile> {
    const target = await prepareTarget(this.#options.folder, as, overwrite)
    const release = this.#busy.take(target)
    try {
      const { sources } = await this.#options.locate(name, control.signal)
      const [source] = sources
      if (source === undefined) throw new BitTrickleError('NOT_FOUND', `No active peer offers "${name}".`)
      const part = await PartFile.create(target, overwrite)
      try {
        await fetchClassic({ name, source, part, rate: this.#rate, control })
        control.signal.throwIfAborted()
        await part.finish()
      } catch (error) {
        await part.discard()
        throw error
      }
      return { name, path: target.path, size: part.size }
    } finally {
      release()
    }
  }
}
