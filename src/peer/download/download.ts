import { EventEmitter } from 'eventemitter3'
import { BitTrickleError } from '../../errors.js'
import type { SourceRecord } from '../../wire/records.js'
import type { DownloadedFile, TransferProgress } from '../types.js'

/** A source that was given up, and why. */
export interface LostSource {
  readonly source: SourceRecord
  readonly reason: Error
}

/** The events of a Download. */
export interface DownloadEvents {
  /** The first bytes may come. */
  started: () => void
  progress: (progress: TransferProgress) => void
  /** Bytes are fetched from here. */
  source: (source: SourceRecord) => void
  sourceLost: (lost: LostSource) => void
}

/** What moves the bytes of a download sees of it. */
export interface DownloadControl {
  /** Aborted when the download is cancelled, with the error that `done` rejects with. */
  readonly signal: AbortSignal
  isPaused(): boolean
  /** Resolves at once, or when a paused download goes on. */
  whenRunning(): Promise<void>
  started(): void
  source(source: SourceRecord): void
  sourceLost(lost: LostSource): void
  report(progress: TransferProgress): void
}

/**
 * A file, or a folder of files, on its way here.
 *
 * @example
 * ```ts
 * const download = peer.get('dataset.tar')
 * download.on('progress', ({ transferred }) => console.log(transferred, 'bytes'))
 * const { path } = await download.done
 * ```
 */
export class Download extends EventEmitter<DownloadEvents> {
  /** The name that was asked for. */
  readonly name: string
  /**
   * Resolves when the file is under its final name; rejects with a {@link BitTrickleError} otherwise, and then nothing
   * is there. Of a folder, each file that has arrived stays there. `ABORTED` after `cancel()`.
   */
  readonly done: Promise<DownloadedFile>
  readonly #cancelling = new AbortController()
  #progress: TransferProgress = { transferred: 0 }
  #paused: { readonly over: Promise<void>; readonly end: () => void } | undefined

  /** @internal */
  constructor(
    name: string,
    run: (control: DownloadControl) => Promise<DownloadedFile>,
    signal?: AbortSignal,
  ) {
    super()
    this.name = name
    const cancel = (): void => this.cancel()
    if (signal?.aborted === true) cancel()
    else signal?.addEventListener('abort', cancel)
    // In a later turn: whoever called get() must be able to listen first.
    this.done = Promise.resolve()
      .then(() => {
        this.#cancelling.signal.throwIfAborted()
        return run(this.#control())
      })
      .finally(() => signal?.removeEventListener('abort', cancel))
    // Whoever is interested looks at `done`; an app that only listens to events is not ended by a failure.
    this.done.catch(() => {})
  }

  #control(): DownloadControl {
    return {
      signal: this.#cancelling.signal,
      isPaused: () => this.#paused !== undefined,
      whenRunning: () => this.#paused?.over ?? Promise.resolve(),
      started: () => this.emit('started'),
      source: (source) => this.emit('source', source),
      sourceLost: (lost) => this.emit('sourceLost', lost),
      report: (progress) => {
        this.#progress = progress
        this.emit('progress', progress)
      },
    }
  }

  /** How far it is. */
  get progress(): TransferProgress {
    return this.#progress
  }

  /** Stops taking bytes; the source waits. */
  pause(): void {
    if (this.#paused !== undefined) return
    let end: () => void = () => {}
    const over = new Promise<void>((resolve) => {
      end = resolve
    })
    this.#paused = { over, end }
  }

  /** Goes on after `pause()`. */
  resume(): void {
    this.#paused?.end()
    this.#paused = undefined
  }

  /** Gives it up. Does nothing when it is done. */
  cancel(): void {
    this.#cancelling.abort(new BitTrickleError('ABORTED', `The download of "${this.name}" was cancelled.`))
    this.resume()
  }
}
