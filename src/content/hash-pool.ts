import type { FileHandle } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { BitTrickleError } from '../errors.js'
import { type HashedFile, type HashFileOptions, type HashHandle, hashFile, hashHere } from './hash-file.js'
import { HashThread, ThreadEndedError } from './hash-thread.js'
import { READ_BYTES } from './reads.js'

/** Four cores hash 5 GB/s, which is more than the disks that files are shared from can read. */
const MAX_THREADS = 4

/** How a {@link HashPool} works. */
export interface HashPoolOptions {
  /**
   * Most worker threads; 0 hashes on this thread, one file at a time, in slices that let the event loop breathe.
   * @defaultValue one less than the cores that the process may use, and 4 at most
   */
  readonly threads?: number
}

interface Job {
  readonly file: string | FileHandle
  readonly options: HashFileOptions
  readonly stop: AbortController
  readonly settle: (result: Promise<HashedFile>) => void
}

/** Hashes files: in the order in which it is asked, as many at a time as there are cores to spare. */
export class HashPool {
  readonly #maxThreads: number
  readonly #script: URL
  readonly #threads = new Set<HashThread>()
  readonly #idle: HashThread[] = []
  readonly #queue: Job[] = []
  readonly #running = new Map<Job, Promise<void>>()
  #canThread = true
  #closing: Promise<void> | undefined

  /** @internal The second parameter is for tests. */
  constructor(options: HashPoolOptions = {}, script: URL = new URL('./hash-worker.js', import.meta.url)) {
    this.#maxThreads = options.threads ?? Math.min(availableParallelism() - 1, MAX_THREADS)
    this.#script = script
  }

  /** How many files wait for their turn. */
  get waiting(): number {
    return this.#queue.length
  }

  /** How many threads there are now, working or idle. */
  get threads(): number {
    return this.#threads.size
  }

  /**
   * Hashes a file when its turn comes.
   *
   * @param file - its path, or a handle that stays open and belongs to the caller, who must keep it open
   * @throws as {@link hashFile}; {@link BitTrickleError} `CLOSED`
   */
  hash(file: string | FileHandle, options: HashFileOptions = {}): Promise<HashedFile> {
    const { signal } = options
    const stop = new AbortController()
    const onAbort = (): void =>
      this.#abort(
        job,
        new BitTrickleError('ABORTED', 'The hashing was cancelled.', { cause: signal?.reason }),
      )
    const { promise, settle } = settleable<HashedFile>()
    const job: Job = { file, options: { ...options, signal: stop.signal }, stop, settle }
    if (this.#closing !== undefined) return Promise.reject(closed())

    this.#queue.push(job)
    if (signal?.aborted) onAbort()
    signal?.addEventListener('abort', onAbort)
    this.#startNext()
    return promise.finally(() => signal?.removeEventListener('abort', onAbort))
  }

  /** Ends what is running and what waits, with `CLOSED`, and every thread. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** The same as {@link HashPool.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    for (const job of [...this.#queue, ...this.#running.keys()]) this.#abort(job, closed())
    await Promise.all(this.#running.values())
    await Promise.all([...this.#threads].map((thread) => thread.end()))
    this.#threads.clear()
  }

  #abort(job: Job, reason: BitTrickleError): void {
    job.stop.abort(reason)
    const place = this.#queue.indexOf(job)
    if (place < 0) return
    this.#queue.splice(place, 1)
    job.settle(Promise.reject(reason))
  }

  #startNext(): void {
    const most = this.#canThread ? Math.max(1, this.#maxThreads) : 1
    while (this.#running.size < most) {
      const job = this.#queue.shift()
      if (job === undefined) return
      const result = hashFile(job.file, job.options, this.#hash)
      const settled = result.then(
        () => {},
        () => {},
      )
      this.#running.set(
        job,
        settled.then(() => {
          this.#running.delete(job)
          job.settle(result)
          this.#startNext()
        }),
      )
    }
  }

  readonly #hash: HashHandle = async (file, size, onProgress, signal) => {
    // Not worth the way to a thread and back: it is one read, and hashed in 0.1 ms.
    const thread = size > READ_BYTES ? this.#takeThread() : undefined
    if (thread === undefined) return hashHere(file, size, onProgress, signal)
    try {
      return await thread.hash(file, size, onProgress, signal)
    } catch (error) {
      if (!(error instanceof ThreadEndedError)) throw error
      // No threads to be had, or an app that was bundled without the worker's file. It goes on here, more slowly.
      this.#canThread = false
      return hashHere(file, size, onProgress, signal)
    } finally {
      if (thread.hasEnded) this.#threads.delete(thread)
      else this.#idle.push(thread)
    }
  }

  #takeThread(): HashThread | undefined {
    if (!this.#canThread || this.#maxThreads < 1) return undefined
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (!idle.hasEnded) return idle
      this.#threads.delete(idle)
    }
    const thread = new HashThread(this.#script)
    this.#threads.add(thread)
    return thread
  }
}

const closed = (): BitTrickleError => new BitTrickleError('CLOSED', 'The peer was closed.')

function settleable<T>(): { promise: Promise<T>; settle: (result: Promise<T>) => void } {
  let settle: (result: Promise<T>) => void = () => {}
  const promise = new Promise<T>((resolve) => {
    settle = resolve
  })
  return { promise, settle }
}
