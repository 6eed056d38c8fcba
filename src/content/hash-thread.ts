import type { FileHandle } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import type { Content } from './content.js'

type Answer =
  | { readonly hashed: number }
  | { readonly failure: { readonly code?: string; readonly message: string } }
  | { readonly content: { size: number; root: Uint8Array; pieceSize: number; pieces: Uint8Array } }

interface Job {
  readonly onProgress: (hashed: number) => void
  readonly resolve: (content: Content) => void
  readonly reject: (error: unknown) => void
}

// It keeps a layer of 64 KiB and its buffer; a heap of the usual size would be the larger part of its memory.
const LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 }

/** The thread could not start, or ended by itself. What it was asked for can be done elsewhere. */
export class ThreadEndedError extends Error {}

/** One worker thread, for one file at a time. It keeps the process alive only while it works. */
export class HashThread {
  readonly #worker: Worker
  // Written here, read there: a message would wait until the file is hashed.
  readonly #stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  #job: Job | undefined
  #hasEnded = false

  /** @param script - what the thread runs */
  constructor(script: URL) {
    this.#worker = new Worker(script, { resourceLimits: LIMITS })
    this.#worker.on('message', (answer: Answer) => this.#onAnswer(answer))
    // 'exit' follows, and only then the thread no longer uses the file.
    let reason: unknown
    this.#worker.on('error', (error) => {
      reason = error
    })
    this.#worker.on('exit', () => {
      this.#hasEnded = true
      this.#take()?.reject(new ThreadEndedError('The hashing thread ended.', { cause: reason }))
    })
    this.#worker.unref()
  }

  /** Whether it can be used no more. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** A {@link HashHandle}; rejects with {@link ThreadEndedError} when the thread is gone. */
  readonly hash = async (
    file: FileHandle,
    size: number,
    onProgress: (hashed: number) => void,
    signal: AbortSignal | undefined,
  ): Promise<Content> => {
    if (this.#hasEnded) throw new ThreadEndedError('The hashing thread has ended.')
    const onAbort = (): void => void Atomics.store(this.#stop, 0, 1)
    Atomics.store(this.#stop, 0, signal?.aborted ? 1 : 0)
    signal?.addEventListener('abort', onAbort)
    this.#worker.ref()
    try {
      return await new Promise((resolve, reject) => {
        this.#job = { onProgress, resolve, reject }
        this.#worker.postMessage({ fd: file.fd, size, stop: this.#stop })
      })
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#worker.unref()
    }
  }

  /** Ends the thread, at once. */
  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #onAnswer(answer: Answer): void {
    if ('hashed' in answer) {
      this.#onProgress(answer.hashed)
    } else if ('failure' in answer) {
      const { code, message } = answer.failure
      this.#take()?.reject(Object.assign(new Error(message), { code }))
    } else {
      const { size, root, pieceSize, pieces } = answer.content
      this.#take()?.resolve({ size, root: toBuffer(root), pieceSize, pieces: toBuffer(pieces) })
    }
  }

  #onProgress(hashed: number): void {
    try {
      this.#job?.onProgress(hashed)
    } catch (error) {
      // The file is the thread's until it has answered.
      Atomics.store(this.#stop, 0, 1)
      const job = this.#job
      if (job !== undefined) this.#job = { ...job, onProgress: () => {}, resolve: () => job.reject(error) }
    }
  }

  #take(): Job | undefined {
    const job = this.#job
    this.#job = undefined
    return job
  }
}

// A Buffer arrives as the Uint8Array that it is.
const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
