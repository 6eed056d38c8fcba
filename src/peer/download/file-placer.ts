import { Worker } from 'node:worker_threads'
import { diskError } from './disk.js'
import type { PreparedTarget, TargetFolder } from './target.js'

/** Bytes of the largest file that is placed here: the smallest piece. */
export const ROOM_BYTES = 131_072
// As many files as a folder has on their way at a time: 16 MiB at most, and of each room only what was written to.
const ROOMS = 128
// It keeps next to nothing, and a heap of the usual size would be larger than all that is on its way.
const LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 }

/** `wrong`: the bytes are not those of the content. `left`: it could not be done here. Nothing of it is there then. */
export type Placed = 'placed' | 'wrong' | 'left'

// Or the code of what kept its name from the disk.
type Outcome = Placed | (string & {})

interface Order {
  readonly name: string
  readonly part: string
  /** Where in the memory its bytes are. */
  readonly start: number
  readonly length: number
  /** Base64url. */
  readonly root: string
}

/** Files of one folder, and who waits to hear what became of each. */
interface Batch extends TargetFolder {
  readonly orders: Order[]
  readonly tell: ((outcome: Outcome) => void)[]
}

/** Where the bytes of one small file are until they are on the disk. */
export interface Room {
  /** Takes bytes of the file. */
  write(bytes: Uint8Array, position: number): void
  /**
   * Verifies the file, writes it, and puts it under its final name once its bytes are on the disk.
   *
   * @param root - of the content, Base64url
   * @throws BitTrickleError `DISK_ERROR` when its name cannot be brought to the disk
   */
  place(target: PreparedTarget, root: string): Promise<Placed>
  /** The bytes are not needed any more. */
  release(): void
}

/**
 * Verifies small files and puts them in their places, in a thread of its own: all that have arrived while it was busy with
 * those before, in one go. Their bytes are in memory that both threads share, and that is used again and again.
 */
export class FilePlacer {
  readonly #script: URL
  readonly #free = Array.from({ length: ROOMS }, (_, room) => room * ROOM_BYTES)
  #memory: SharedArrayBuffer | undefined
  #worker: Worker | undefined
  #hasFailed = false
  #waiting: Batch[] = []
  #running: readonly Batch[] = []
  #isToPost = false

  /** @param script - what the thread runs; replaced in tests */
  constructor(script: URL = new URL('./place-worker.js', import.meta.url)) {
    this.#script = script
  }

  /** Room for a file; undefined when there is none, or no thread to be had. */
  take(length: number): Room | undefined {
    if (this.#hasFailed || length > ROOM_BYTES) return undefined
    const start = this.#free.pop()
    if (start === undefined) return undefined
    // What nobody has written to takes no memory.
    this.#memory ??= new SharedArrayBuffer(ROOMS * ROOM_BYTES)
    this.#worker ??= this.#start(this.#memory)
    const room = Buffer.from(this.#memory, start, length)
    return {
      // A copy would go byte by byte in Node.js 20, since the other thread might look on: V8 is careful there.
      write: (bytes, position) => room.fill(bytes, position, position + bytes.length),
      place: (target, root) => this.#place(target, start, length, root),
      release: () => this.#free.push(start),
    }
  }

  /** Ends the thread. Nothing may be being placed. */
  async close(): Promise<void> {
    this.#hasFailed = true
    await this.#worker?.terminate()
  }

  #start(memory: SharedArrayBuffer): Worker {
    const worker = new Worker(this.#script, { resourceLimits: LIMITS, workerData: memory })
    worker.on('message', (outcomes: readonly Outcome[]) => this.#onAnswer(outcomes))
    // 'exit' follows. An app that was bundled without the worker's file goes on without it, more slowly.
    worker.on('error', () => {})
    worker.on('exit', () => {
      this.#hasFailed = true
      const left = [...this.#running, ...this.#waiting]
      this.#running = []
      this.#waiting = []
      for (const { tell } of left) for (const each of tell) each('left')
    })
    worker.unref()
    return worker
  }

  #place(target: PreparedTarget, start: number, length: number, root: string): Promise<Placed> {
    if (this.#hasFailed) return Promise.resolve('left')
    return new Promise((resolve, reject) => {
      const { fileName, partName, folder, path } = target
      const { orders, tell } = this.#batchOf(folder)
      orders.push({ name: fileName, part: partName, start, length, root })
      tell.push((outcome) => {
        if (isPlaced(outcome)) resolve(outcome)
        else reject(diskError(path, Object.assign(new Error(outcome), { code: outcome })))
      })
      this.#postSoon()
    })
  }

  #batchOf({ path, realPath }: TargetFolder): Batch {
    const known = this.#waiting.find((batch) => batch.path === path)
    if (known !== undefined) return known
    const batch = { path, realPath, orders: [], tell: [] }
    this.#waiting.push(batch)
    return batch
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
    this.#worker?.postMessage(this.#running.map(({ path, realPath, orders }) => ({ path, realPath, orders })))
  }

  #onAnswer(outcomes: readonly Outcome[]): void {
    const answered = this.#running
    this.#running = []
    this.#worker?.unref()
    let place = 0
    for (const { tell } of answered) for (const each of tell) each(outcomes[place++] ?? 'left')
    this.#post()
  }
}

const isPlaced = (outcome: Outcome): outcome is Placed => ['placed', 'wrong', 'left'].includes(outcome)
