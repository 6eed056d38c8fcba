/** Bytes are joined to so many before they are hashed and written: fewer and longer writes, and hashing in one go. */
export const JOIN_BYTES = 1_048_576

// What is kept for the next: as many as are in use at once when the disk keeps up.
const MAX_FREE = 4

/** Buffers that are used again: new ones at each write would pile up until the garbage collector comes by. */
export class JoinBuffers {
  readonly #free: Buffer[] = []

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(JOIN_BYTES)
  }

  give(buffer: Buffer): void {
    if (this.#free.length < MAX_FREE) this.#free.push(buffer)
  }
}
