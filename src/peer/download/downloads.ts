import { BitTrickleError } from '../../errors.js'
import type { GetOptions, ReadStreamOptions } from '../types.js'
import type { ContentStream } from './content-stream.js'
import { Download } from './download.js'
import { Downloader, type DownloaderOptions } from './downloader.js'

/** The downloads of a peer, and the streams: begins them, and ends them when the peer is closed. */
export class Downloads {
  readonly #downloader: Downloader
  readonly #onDownload: (download: Download) => void
  readonly #running = new Set<Download>()
  readonly #streams = new Set<ContentStream>()
  #isClosed = false

  constructor(options: DownloaderOptions, onDownload: (download: Download) => void) {
    this.#downloader = new Downloader(options)
    this.#onDownload = onDownload
  }

  /** Begins a download. */
  start(name: string, { signal, ...options }: GetOptions): Download {
    const download = new Download(
      name,
      (control) => this.#downloader.run({ ...options, name, control }),
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

  /** Begins to read a content. @throws {@link BitTrickleError} `INVALID_OPTION`, `NOT_SUPPORTED` */
  read(name: string, options: ReadStreamOptions): ContentStream {
    const stream = this.#downloader.stream(name, options)
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
    await this.#downloader.close()
  }
}

const closed = (): BitTrickleError => new BitTrickleError('CLOSED', 'The peer was closed.')
