import type { GetOptions } from '../types.js'
import { Download } from './download.js'
import { Downloader, type DownloaderOptions } from './downloader.js'

/** The downloads of a peer: begins them, and ends them when the peer is closed. */
export class Downloads {
  readonly #downloader: Downloader
  readonly #onDownload: (download: Download) => void
  readonly #running = new Set<Download>()
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

  /** Gives up those that run, and resolves when they have ended. One that is begun later is given up at once. */
  async close(): Promise<void> {
    this.#isClosed = true
    const running = [...this.#running]
    for (const download of running) download.cancel()
    await Promise.allSettled(running.map(({ done }) => done))
  }
}
