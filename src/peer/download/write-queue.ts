import type { WrittenBytes } from '../../content/write-thread.js'
import type { Write } from './content-sink.js'

// More bytes that wait for the disk, and the sources have to wait.
const MAX_UNWRITTEN = 4_194_304

/** What {@link WriteQueue} needs. */
export interface WriteQueueOptions {
  readonly write: Write
  /** Too much waits. Told again with every write that comes nevertheless. */
  readonly onFull: () => void
  /** It does not wait any more. */
  readonly onRoom: () => void
  readonly onError: (error: unknown) => void
}

/** Bytes on their way to where they are kept. */
export class WriteQueue {
  readonly #options: WriteQueueOptions
  readonly #writing = new Set<Promise<unknown>>()
  #bytes = 0

  constructor(options: WriteQueueOptions) {
    this.#options = options
  }

  /** Takes bytes. */
  write(bytes: Buffer, position: number): Promise<WrittenBytes | undefined> {
    const writing: Promise<WrittenBytes | undefined> = this.#write(bytes, position).finally(() =>
      this.#writing.delete(writing),
    )
    this.#writing.add(writing)
    return writing
  }

  async #write(bytes: Buffer, position: number): Promise<WrittenBytes | undefined> {
    const { write, onFull, onRoom, onError } = this.#options
    // The buffer may move away.
    const { length } = bytes
    this.#bytes += length
    if (this.#bytes > MAX_UNWRITTEN) onFull()
    try {
      return await write(bytes, position)
    } catch (error) {
      onError(error)
      throw error
    } finally {
      this.#bytes -= length
      if (this.#bytes <= MAX_UNWRITTEN / 2) onRoom()
    }
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#writing)
  }
}
