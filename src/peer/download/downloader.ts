import type { Clock } from '../../clock.js'
import { BitTrickleError } from '../../errors.js'
import type { SourceRecord } from '../../wire/records.js'
import { RateLimit } from '../rate-limit.js'
import type { DownloadedFile } from '../types.js'
import { fetchClassic } from './classic-download.js'
import type { DownloadControl } from './download.js'
import { PartFile } from './part-file.js'
import { fetchSealed, type SealedLocation } from './sealed-download.js'
import type { SourceChannels } from './source-channels.js'
import { BusyTargets, prepareTarget, type Target } from './target.js'

/** Which content of a name is wanted. */
export interface Wanted {
  readonly root?: string
  readonly from?: string
}

/** What the index said: sources, and for sealed ones what they have. */
export type FoundContent = { readonly sources: readonly SourceRecord[] } | SealedLocation

/** What {@link Downloader} needs. */
export interface DownloaderOptions {
  /** Absolute path of the download folder. */
  readonly folder: string
  /** Bytes a second for all downloads together. */
  readonly rate: number | undefined
  readonly clock: Clock
  readonly locate: (name: string, wanted: Wanted, signal: AbortSignal) => Promise<FoundContent>
  /** To sealed sources; a classic peer has none. */
  readonly channels: SourceChannels | undefined
  /** A source did what it should not. */
  readonly onWarning: (message: string, cause?: unknown) => void
}

/** What to download, and where it goes. */
export interface DownloadJob extends Wanted {
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
  async run(job: DownloadJob): Promise<DownloadedFile> {
    const { name, as, overwrite, control } = job
    const { folder, channels, locate } = this.#options
    // Whether what is there may stay, only the content tells.
    const target = await prepareTarget(folder, as, overwrite || channels !== undefined)
    const release = this.#busy.take(target)
    try {
      const found = await locate(name, job, control.signal)
      const size =
        channels === undefined
          ? await this.#fetchClassic(job, target, found.sources)
          : await this.#fetchSealed(job, target, found, channels)
      return { name, path: target.path, size }
    } finally {
      release()
    }
  }

  #fetchSealed(
    job: DownloadJob,
    target: Target,
    found: FoundContent,
    channels: SourceChannels,
  ): Promise<number> {
    const { name, overwrite, control, from } = job
    const { clock, locate, onWarning } = this.#options
    return fetchSealed({
      name,
      target,
      overwrite,
      location: assertSealed(name, found),
      channels,
      rate: this.#rate,
      clock,
      control,
      onWarning,
      locate: async (root, signal) => {
        const wanted = { root, ...(from === undefined ? {} : { from }) }
        return assertSealed(name, await locate(name, wanted, signal))
      },
    })
  }

  async #fetchClassic(
    { name, overwrite, control }: DownloadJob,
    target: Target,
    [source]: readonly SourceRecord[],
  ): Promise<number> {
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
    return part.size
  }
}

function assertSealed(name: string, found: FoundContent): SealedLocation {
  if ('ticket' in found) return found
  throw new BitTrickleError('NOT_FOUND', `No active peer offers "${name}" over the sealed protocol.`, {
    retryable: true,
  })
}
