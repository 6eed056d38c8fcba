import { Readable } from 'node:stream'
import { ContentLayout } from '../../content/content-layout.js'
import { BitTrickleError } from '../../errors.js'
import { loadPart } from '../../load-part.js'
import type { ContentDownloadOptions } from './content-download.js'
import type { DownloadControl } from './download.js'
import type { SealedLocation } from './sealed-download.js'
import { StreamSink } from './stream-sink.js'

// What is handed on at a time: a reader that is slow has not much more than that to hold.
const PART_BYTES = 262_144

/** What {@link ContentStream} needs. */
export interface ContentStreamOptions
  extends Pick<ContentDownloadOptions, 'name' | 'rate' | 'clock' | 'connect' | 'onWarning'> {
  /** The first byte to read. */
  readonly start: number
  /** The last byte to read, and not the one behind it. */
  readonly end: number
  /** Destroys it. */
  readonly signal: AbortSignal | undefined
  /** Asks the index where the content is: of the name, or then of the root that it has found. */
  readonly locate: (root: string | undefined, signal: AbortSignal) => Promise<SealedLocation>
}

/** Verified bytes of a content, in order, while the rest is still to come. Nothing is fetched before it is read. */
export class ContentStream extends Readable {
  readonly #options: ContentStreamOptions
  readonly #ending = new AbortController()
  readonly #onAbort = (): void => {
    const cause = this.#options.signal?.reason
    this.destroy(new BitTrickleError('ABORTED', `Reading "${this.#options.name}" was given up.`, { cause }))
  }
  #running: Promise<void> | undefined
  #sink: StreamSink | undefined
  #isWanted = false
  // Who waits until there is room again.
  #goOn: () => void = () => {}

  constructor(options: ContentStreamOptions) {
    super({ highWaterMark: PART_BYTES })
    this.#options = options
    const { signal } = options
    if (signal?.aborted === true) this.#onAbort()
    else signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  override _read(): void {
    this.#isWanted = true
    this.#running ??= this.#run()
    this.#deliver()
  }

  async #run(): Promise<void> {
    const { locate, start, end } = this.#options
    const { signal } = this.#ending
    try {
      const location = await locate(undefined, signal)
      const { downloadContent } = await loadPart(() => import('./content-download.js'))
      const { root, size } = location
      const layout = new ContentLayout(size)
      const sink = new StreamSink(layout, { start, end: Math.min(size, end + 1) }, () => this.#deliver())
      this.#sink = sink
      await downloadContent({
        ...this.#options,
        random: Math.random,
        root,
        layout,
        sink,
        location,
        locate: (again) => locate(root, again),
        control: this.#control(sink),
      })
      this.#deliver()
    } catch (error) {
      this.destroy(error as Error)
    }
  }

  #deliver(): void {
    const sink = this.#sink
    if (sink === undefined || this.destroyed) return
    while (this.#isWanted) {
      if (sink.isRead) {
        this.#isWanted = false
        this.push(null)
        return
      }
      const bytes = sink.read(PART_BYTES)
      if (bytes === undefined) return
      this.#isWanted = false
      // It may ask for more while it takes this.
      this.push(bytes)
      if (!sink.isFull) this.#goOn()
    }
  }

  // A reader that takes nothing pauses the sources, as a user does who pauses a download.
  #control(sink: StreamSink): DownloadControl {
    return {
      signal: this.#ending.signal,
      isPaused: () => sink.isFull,
      whenRunning: () =>
        new Promise((resolve) => {
          this.#goOn = resolve
          if (!sink.isFull) resolve()
        }),
      started: nothing,
      source: nothing,
      queued: nothing,
      sourceLost: nothing,
      verified: nothing,
      report: nothing,
    }
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#ending.abort(error ?? new BitTrickleError('ABORTED', `"${this.#options.name}" is read no further.`))
    // Nothing is left behind when it is closed.
    Promise.resolve(this.#running).then(() => callback(error))
  }
}

function nothing(): void {}
