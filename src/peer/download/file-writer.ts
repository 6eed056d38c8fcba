import type { FileHandle } from 'node:fs/promises'
import type { WriteThread, WrittenBytes } from '../../content/write-thread.js'

interface Waiting {
  readonly bytes: Buffer
  readonly position: number
  readonly resolve: (written: undefined) => void
  readonly reject: (error: unknown) => void
}

/**
 * Writes to one file, one write at a time: several at once, each in a thread of its own, only wait for each other in
 * the system. What comes meanwhile goes out in one write as far as it is in one place.
 */
export class FileWriter {
  readonly #handle: FileHandle
  readonly #thread: WriteThread
  readonly #waiting: Waiting[] = []
  #running: Promise<void> | undefined

  /** @param thread - writes instead, when it is ready */
  constructor(handle: FileHandle, thread: WriteThread) {
    this.#handle = handle
    this.#thread = thread
  }

  /** Resolves when the bytes are written. */
  write(bytes: Buffer, position: number): Promise<WrittenBytes | undefined> {
    if (this.#thread.isReady) return this.#thread.write(this.#handle.fd, bytes, position)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, position, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  async #run(): Promise<void> {
    for (let run = this.#takeRun(); run.length > 0; run = this.#takeRun()) {
      try {
        await this.#writeAll(run)
        for (const { resolve } of run) resolve(undefined)
      } catch (error) {
        for (const { reject } of run) reject(error)
      }
    }
    this.#running = undefined
  }

  /** As much of what waits as continues the first. */
  #takeRun(): Waiting[] {
    const [first] = this.#waiting
    if (first === undefined) return []
    let end = first.position
    let count = 0
    for (const { bytes, position } of this.#waiting) {
      if (position !== end) break
      end += bytes.length
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #writeAll(run: readonly Waiting[]): Promise<void> {
    let left = run.map(({ bytes }) => bytes)
    let position = run[0]?.position ?? 0
    while (left.length > 0) {
      const { bytesWritten } = await this.#handle.writev(left, position)
      position += bytesWritten
      left = behind(left, bytesWritten)
    }
  }
}

/** What is left of buffers when so many bytes of them are written. */
function behind(buffers: readonly Buffer[], bytes: number): Buffer[] {
  let written = bytes
  return buffers.flatMap((buffer) => {
    const rest = buffer.subarray(Math.min(written, buffer.length))
    written -= buffer.length - rest.length
    return rest.length === 0 ? [] : [rest]
  })
}
