import { BitTrickleError } from '../../errors.js'
import { loadPart } from '../../load-part.js'
import type { GetOptions, ReadStreamOptions } from '../types.js'
import type { ContentStream } from './content-stream.js'
import { Download } from './download.js'
import type { Downloader, DownloaderOptions } from './downloader.js'
import { openStream } from './open-stream.js'

/** The downloads of a peer, and the streams: begins them, and ends them when the peer is closed. */
export class Downloads {
  readonly #options: DownloaderOptions
  readonly #onDownload: (download: Download) => void
  readonly #running = new Set<Download>()
  readonly #streams = new Set<ContentStream>()
  #downloader: Promise<Downloader> | undefined
  #isClosed = false

  constructor(options: DownloaderOptions, onDownload: (download: Download) => void) {
    this.#options = options
    this.#onDownload = onDownload
  }

  /** Begins a download. */
  start(name: string, { signal, ...options }: GetOptions): Download {
    const download = new Download(
      name,
      async (control) => (await this.#load()).run({ ...options, name, control }),
      signal,
    )
    this.#running.add(download)
    const forget = (): void => {
      this.#running.delete(download)
    }
    download.done.then(forget, forget)
    if (this.#isClosed) download.cancel()
    else this.#onDownload(download)
    return download
  }

  #load(): Promise<Downloader> {
    this.#downloader ??= makeDownloader(this.#options)
    return this.#downloader
  }

  /** Begins to read a content. @throws {@link BitTrickleError} `INVALID_OPTION`, `NOT_SUPPORTED` */
  read(name: string, options: ReadStreamOptions): ContentStream {
    const stream = openStream(name, options, this.#options)
    this.#streams.add(stream)
    stream.once('close', () => this.#streams.delete(stream))
    if (this.#isClosed) stream.destroy(closed())
    return stream
  }

  /** Gives up those that run, and resolves when they have ended. One that is begun later is given up at once. */
  async close(): Promise<void> {
    this.#isClosed = true
    const running = [...this.#running]
    for (const download of running) download.cancel()
    const streams = [...this.#streams]
    const closing = streams.map((stream) => new Promise((resolve) => stream.once('close', resolve)))
    for (const stream of streams) stream.destroy(closed())
    await Promise.allSettled([...running.map(({ done }) => done), ...closing])
    const downloader = await this.#downloader?.catch(() => undefined)
    await downloader?.close()
  }
}

async function makeDownloader(options: DownloaderOptions): Promise<Downloader> {
  const { Downloader } = await loadPart(() => import('./downloader.js'))
  return new Downloader(options)
}

const closed = (): BitTrickleError => new BitTrickleError('CLOSED', 'The peer was closed.')
