import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

/** Bytes that a {@link WriteThread} has written. */
export interface WrittenBytes {
  /** SHA-256 of each block, one behind the other. */
  readonly hashes: Buffer
  /** The whole buffer that they were in, which has moved: the one that was given is empty. */
  readonly buffer: Buffer
}

// It keeps next to nothing, and a heap of the usual size would be larger than all that is on its way.
const LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 }

interface Answer {
  readonly buffer: ArrayBuffer
  readonly hashes: ArrayBuffer
  readonly failure?: { readonly code?: string; readonly message: string }
}

interface Job {
  readonly resolve: (written: WrittenBytes) => void
  readonly reject: (error: unknown) => void
}

/**
 * A worker thread that writes what has arrived and hashes it, so that the main thread can go on receiving. Buffers move
 * there and back, which copies nothing. It keeps the process alive only while it works.
 */
export class WriteThread {
  /** What the thread runs. */
  static script: URL = new URL('./write-worker.js', import.meta.url)
  readonly #jobs: Job[] = []
  #worker: Worker | undefined
  #isRunning = false
  #isReady = false

  /**
   * Starts it, where there is a core to spare. Who has none is better off with its one thread; and so is an app that was
   * bundled without the worker's file, where it never becomes ready.
   */
  start(cores: number = availableParallelism()): void {
    if (this.#worker !== undefined || cores < 2) return
    const worker = new Worker(WriteThread.script, { resourceLimits: LIMITS })
    this.#worker = worker
    this.#isRunning = true
    worker.unref()
    worker.on('message', (answer: Answer | 'ready') => {
      if (answer === 'ready') this.#isReady = true
      else this.#onAnswer(answer)
    })
    // 'exit' follows.
    let reason: unknown
    worker.on('error', (error) => {
      reason = error
    })
    worker.on('exit', () => {
      this.#isReady = false
      this.#isRunning = false
      const error = new Error('The thread that writes files has ended.', { cause: reason })
      for (const { reject } of this.#jobs.splice(0)) reject(error)
    })
  }

  /** Whether there is a thread, ready or not. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Whether it can be given something. Until then, and after its end, the main thread has to do it. */
  get isReady(): boolean {
    return this.#isReady
  }

  /**
   * Writes bytes to an open file, and hashes their blocks.
   *
   * @param bytes - from the beginning of a buffer that is theirs alone, and that is gone afterwards
   * @throws what the system says (rejects), with its code
   */
  write(fd: number, bytes: Buffer, position: number): Promise<WrittenBytes> {
    return new Promise((resolve, reject) => {
      this.#jobs.push({ resolve, reject })
      this.#worker?.ref()
      const buffer = bytes.buffer as ArrayBuffer
      this.#worker?.postMessage({ fd, buffer, length: bytes.length, position }, [buffer])
    })
  }

  /** Ends the thread. Nothing may be being written. */
  async end(): Promise<void> {
    await this.#worker?.terminate()
  }

  #onAnswer({ buffer, hashes, failure }: Answer): void {
    const job = this.#jobs.shift()
    if (this.#jobs.length === 0) this.#worker?.unref()
    if (failure === undefined) job?.resolve({ hashes: Buffer.from(hashes), buffer: Buffer.from(buffer) })
    else job?.reject(Object.assign(new Error(failure.message), { code: failure.code }))
  }
}
