import { Worker } from 'node:worker_threads'
import { BitTrickleError } from '../../errors.js'
import type { OfferBatch } from './offer-loader.js'

/** A change of what is in the file. */
export interface Change {
  readonly username: string
  readonly name: string
  /** What it is from now on; absent: it is not there any more. */
  readonly put?: {
    readonly root: string | null
    readonly size: number | null
    readonly at: number
    readonly arrival: number
    readonly audience: string | null
  }
}

/** How to open a file. */
export interface SqliteThreadOptions {
  readonly path: string
  /** Pages that the file may have, for tests of a full disk. */
  readonly maxPages?: number
  /** Only looks whether the file, which is there, could be opened. */
  readonly checkOnly?: boolean
  /** Replaced in tests. */
  readonly script?: URL
}

type FailureKind = 'missing' | 'foreign' | 'newer' | 'broken' | 'locked' | 'full' | 'disk'

type Answer =
  | { readonly count: number; readonly usernames: readonly string[] }
  | { readonly batch: OfferBatch }
  | { readonly opened: true }
  | { readonly written: true }
  | { readonly closed: true }
  | { readonly failure: { readonly kind?: FailureKind; readonly message: string } }

/** Told of what is in the file, in this order. */
export interface FileReader {
  begin(count: number, usernames: readonly string[]): void
  read(batch: OfferBatch): void
}

// What is read is handed over at once: garbage need not pile up as in a program of its own.
const resourceLimits = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 256 }

/** A catalogue's file in a thread of its own, which is asked one thing at a time. */
export class SqliteThread {
  readonly #path: string
  readonly #worker: Worker
  readonly #exited: Promise<void>
  // How many batches were read: written here, read there, so that the file does not pile up in memory in between.
  readonly #taken = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  #waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined
  #reader: FileReader | undefined
  #ended: BitTrickleError | undefined

  constructor({
    path,
    maxPages,
    checkOnly = false,
    script = new URL('./sqlite-worker.js', import.meta.url),
  }: SqliteThreadOptions) {
    this.#path = path
    this.#worker = new Worker(script, {
      workerData: { path, maxPages, checkOnly, taken: this.#taken },
      resourceLimits,
    })
    let reason: unknown
    this.#worker.on('error', (error) => {
      reason = error
    })
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        const message = 'The thread that writes the catalogue has ended; start the index again.'
        this.#ended = new BitTrickleError('DISK_ERROR', message, { cause: reason })
        this.#settle(this.#ended)
        resolve()
      })
    })
    this.#worker.on('message', (answer: Answer) => this.#onAnswer(answer))
  }

  /** Reads the whole file. */
  open(reader: FileReader): Promise<void> {
    this.#reader = reader
    return this.#answered().finally(() => {
      this.#reader = undefined
    })
  }

  /** Writes changes, all or none; they are on the disk when it resolves. */
  write(changes: readonly Change[]): Promise<void> {
    const answered = this.#answered()
    if (this.#ended === undefined) this.#worker.postMessage({ changes })
    return answered
  }

  /** Closes the file and ends the thread. */
  async close(): Promise<void> {
    if (this.#ended !== undefined) return
    const answered = this.#answered()
    this.#worker.postMessage({ close: true })
    try {
      await answered
    } finally {
      await this.#worker.terminate()
      await this.#exited
    }
  }

  /** Ends the thread when the file could not be opened. */
  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #answered(): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  #onAnswer(answer: Answer): void {
    try {
      if ('count' in answer) this.#reader?.begin(answer.count, answer.usernames)
      else if ('batch' in answer) this.#read(answer.batch)
      else if ('failure' in answer) this.#settle(this.#toError(answer.failure))
      else this.#settle()
    } catch (error) {
      // What is in the file cannot be.
      this.#settle(this.#toError({ kind: 'broken', message: (error as Error).message }))
    }
  }

  #read(batch: OfferBatch): void {
    // The file cannot be: the thread is ended, and what it has sent is nothing.
    if (this.#waiting === undefined) return
    this.#reader?.read(batch)
    Atomics.add(this.#taken, 0, 1)
    Atomics.notify(this.#taken, 0)
  }

  #settle(error?: BitTrickleError): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (error === undefined) waiting?.resolve()
    else waiting?.reject(error)
  }

  #toError({
    kind = 'disk',
    message,
  }: {
    readonly kind?: FailureKind
    readonly message: string
  }): BitTrickleError {
    const file = `The catalogue ${this.#path}`
    switch (kind) {
      case 'missing':
        return new BitTrickleError(
          'STORE_UNAVAILABLE',
          `A catalogue that lasts needs better-sqlite3, which is not there: run "npm install better-sqlite3@12", or keep the catalogue in memory with store: new MemoryStore(). (${message})`,
        )
      case 'foreign':
        return new BitTrickleError(
          'STORE_FOREIGN',
          `${file} is no catalogue; name another data folder. (${message})`,
        )
      case 'newer':
        return new BitTrickleError(
          'STORE_NEWER',
          `${file} is newer than this release; update it. (${message})`,
        )
      case 'broken':
        return new BitTrickleError(
          'STORE_DAMAGED',
          `${file} is damaged; bring back a copy of it, or move it away: peers publish again what they have. (${message})`,
        )
      case 'locked':
        return new BitTrickleError(
          'STORE_LOCKED',
          `${file} is open in another process; stop that one first.`,
          {
            retryable: true,
          },
        )
      case 'full':
        return new BitTrickleError('DISK_ERROR', 'The disk of the index is full, so it cannot note this.', {
          retryable: true,
        })
      case 'disk':
        return new BitTrickleError('DISK_ERROR', `The catalogue cannot be read or written: ${message}`)
    }
  }
}
