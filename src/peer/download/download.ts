import { EventEmitter } from 'eventemitter3'
import { BitTrickleError } from '../../errors.js'
import type { SourceRecord } from '../../wire/records.js'
import type { DownloadedFile, TransferProgress } from '../types.js'

/** A source that was given up, and why. */
export interface LostSource {
  /** Where nothing more comes from. */
  readonly source: SourceRecord
  /** Mostly a {@link BitTrickleError}; show its message. */
  readonly reason: Error
}

/** A source that has no upload slot for us yet. */
export interface QueuedAtSource {
  /** Whose line it is. */
  readonly source: SourceRecord
  /** The place in its line: 1 is next, and 0 has got a slot. */
  readonly place: number
}

/** A part of the file that has arrived, and is right. */
export interface VerifiedPiece {
  /** Which of the pieces of the content, from 0 on. */
  readonly piece: number
  /** Where in the file it begins, in bytes. */
  readonly offset: number
  /** Bytes. */
  readonly length: number
}

/** The events of a Download. Those of the sealed protocol alone say so. */
export interface DownloadEvents {
  /** The first bytes may come. What an earlier download has left was looked at. */
  started: () => void
  /** Bytes have come, or have turned out to be of no use. */
  progress: (progress: TransferProgress) => void
  /** Bytes can be fetched from here. */
  source: (source: SourceRecord) => void
  /** All upload slots of a source are taken: this is the place in its line, told when it changes. Sealed alone. */
  queued: (queued: QueuedAtSource) => void
  /** Nothing more comes from here, for now. It is tried again later, unless it sent wrong bytes. */
  sourceLost: (lost: LostSource) => void
  /** A piece has arrived, is right, and is kept whatever happens. They come in any order. Sealed alone, and not of folders. */
  verified: (piece: VerifiedPiece) => void
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
  queued(queued: QueuedAtSource): void
  sourceLost(lost: LostSource): void
  verified(piece: VerifiedPiece): void
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
      queued: (queued) => this.emit('queued', queued),
      sourceLost: (lost) => this.emit('sourceLost', lost),
      verified: (piece) => this.emit('verified', piece),
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

  /**
   * Asks for nothing more until `resume()`; what was asked for already still comes. A pause may last as long as it
   * likes: sources are kept, or found again.
   */
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
