// More bytes that wait for the disk, and the sources have to wait.
const MAX_UNWRITTEN = 4_194_304

/** What {@link WriteQueue} needs. */
export interface WriteQueueOptions {
  readonly write: (bytes: Buffer, position: number) => Promise<void>
  /** Too much waits. Told again with every write that comes nevertheless. */
  readonly onFull: () => void
  /** It does not wait any more. */
  readonly onRoom: () => void
  readonly onError: (error: unknown) => void
}

/** Bytes on their way to where they are kept. */
export class WriteQueue {
  readonly #options: WriteQueueOptions
  readonly #writing = new Set<Promise<void>>()
  #bytes = 0

  constructor(options: WriteQueueOptions) {
    this.#options = options
  }

  /** Takes bytes, which must not change until it has resolved. */
  write(bytes: Buffer, position: number): Promise<void> {
    const writing: Promise<void> = this.#write(bytes, position).finally(() => this.#writing.delete(writing))
    this.#writing.add(writing)
    return writing
  }

  async #write(bytes: Buffer, position: number): Promise<void> {
    const { write, onFull, onRoom, onError } = this.#options
    this.#bytes += bytes.length
    if (this.#bytes > MAX_UNWRITTEN) onFull()
    try {
      await write(bytes, position)
    } catch (error) {
      onError(error)
      throw error
    } finally {
      this.#bytes -= bytes.length
      if (this.#bytes <= MAX_UNWRITTEN / 2) onRoom()
    }
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#writing)
  }
}
