import { basename, dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { diskError } from './disk.js'
import type { PreparedTarget } from './target.js'

/** Bytes of the largest file that is placed here: the smallest piece. */
export const ROOM_BYTES = 131_072
// As many files as a folder has on their way at a time: 16 MiB at most.
const ROOMS = 128
// A room is a power of two, and of a page at least.
const LEAST_BITS = 12
// It keeps next to nothing, and a heap of the usual size would be larger than all that is on its way.
const LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 }

type Outcome = 'placed' | 'left' | (string & {})

interface Job {
  readonly order: {
    readonly folder: string
    readonly realFolder: string
    readonly part: string
    readonly name: string
    readonly memory: ArrayBuffer
    readonly length: number
  }
  readonly resolve: (outcome: Outcome) => void
}

interface Answer {
  readonly outcomes: readonly Outcome[]
  /** In the same order. */
  readonly memories: readonly ArrayBuffer[]
}

/** Where the bytes of one small file are until they are on the disk. */
export interface Room {
  readonly bytes: Buffer
  /**
   * Writes the file, and puts it under its final name once its bytes are on the disk.
   *
   * @returns false when that could not be done, and nothing of it is there
   * @throws BitTrickleError `DISK_ERROR` when its name cannot be brought to the disk
   */
  place(target: PreparedTarget): Promise<boolean>
  /** The bytes are not needed any more. */
  release(): void
}

/**
 * Puts small files in their places, in a thread of its own: all that have arrived while it was busy with those before,
 * in one go. The memory that their bytes are in moves there and back, without being copied.
 */
export class FilePlacer {
  readonly #script: URL
  readonly #free: ArrayBuffer[] = []
  #rooms = 0
  #worker: Worker | undefined
  #hasFailed = false
  #waiting: Job[] = []
  #running: readonly Job[] = []
  #isToPost = false

  /** @param script - what the thread runs; replaced in tests */
  constructor(script: URL = new URL('./place-worker.js', import.meta.url)) {
    this.#script = script
  }

  /** Room for a file; undefined when there is none, or no thread to be had. */
  take(length: number): Room | undefined {
    if (this.#hasFailed || length > ROOM_BYTES) return undefined
    const memory = this.#takeMemory(length)
    if (memory === undefined) return undefined
    this.#worker ??= this.#start()
    return {
      bytes: Buffer.from(memory, 0, length),
      place: (target) => this.#place(target, memory, length),
      release: () => {
        // That of a file that was placed has come back with the answer.
        if (memory.byteLength > 0) this.#free.push(memory)
      },
    }
  }

  // No larger than it has to be: that of a folder before this one may still be there, until the garbage is collected. The
  // files of one folder are often of about the same length.
  #takeMemory(length: number): ArrayBuffer | undefined {
    const free = this.#free.pop()
    if (free !== undefined && free.byteLength >= length) return free
    if (free === undefined) {
      if (this.#rooms === ROOMS) return undefined
      this.#rooms++
    }
    return new ArrayBuffer(2 ** Math.max(LEAST_BITS, Math.ceil(Math.log2(length))))
  }

  /** Ends the thread. Nothing may be being placed. */
  async close(): Promise<void> {
    this.#hasFailed = true
    await this.#worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(this.#script, { resourceLimits: LIMITS })
    worker.on('message', (answer: Answer) => this.#onAnswer(answer))
    // 'exit' follows. An app that was bundled without the worker's file goes on without it, more slowly.
    worker.on('error', () => {})
    worker.on('exit', () => {
      this.#hasFailed = true
      for (const { resolve } of [...this.#running, ...this.#waiting.splice(0)]) resolve('left')
    })
    worker.unref()
    return worker
  }

  async #place(
    { path, partPath, realPath }: PreparedTarget,
    memory: ArrayBuffer,
    length: number,
  ): Promise<boolean> {
    if (this.#hasFailed) return false
    const outcome = await new Promise<Outcome>((resolve) => {
      const order = {
        folder: dirname(path),
        realFolder: dirname(realPath),
        part: basename(partPath),
        name: basename(path),
        memory,
        length,
      }
      this.#waiting.push({ order, resolve })
      this.#postSoon()
    })
    if (outcome === 'placed' || outcome === 'left') return outcome === 'placed'
    throw diskError(path, Object.assign(new Error(outcome), { code: outcome }))
  }

  // All that come in one turn of the event loop.
  #postSoon(): void {
    if (this.#isToPost || this.#running.length > 0) return
    this.#isToPost = true
    setImmediate(() => {
      this.#isToPost = false
      this.#post()
    })
  }

  #post(): void {
    if (this.#waiting.length === 0 || this.#hasFailed) return
    this.#running = this.#waiting
    this.#waiting = []
    // Only while it works, it keeps the process alive.
    this.#worker?.ref()
    const orders = this.#running.map(({ order }) => order)
    this.#worker?.postMessage(
      orders,
      orders.map(({ memory }) => memory),
    )
  }

  #onAnswer({ outcomes, memories }: Answer): void {
    const answered = this.#running
    this.#running = []
    this.#free.push(...memories)
    this.#worker?.unref()
    answered.forEach(({ resolve }, place) => {
      resolve(outcomes[place] ?? 'left')
    })
    this.#post()
  }
}
