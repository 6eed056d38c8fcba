import type { ContentLayout } from '../../content/content-layout.js'

/** Bytes are joined to so many before they are hashed and written: fewer and longer writes, and hashing in one go. */
export const JOIN_BYTES = 1_048_576

// What is kept for the next: as much as is in use at once while the disk keeps up.
const MAX_FREE_BYTES = 8 * JOIN_BYTES

/**
 * Buffers that are used again: new ones at each write would pile up until the garbage collector comes by, and bring it
 * by more often.
 */
export class JoinBuffers {
  readonly #bytes: number
  readonly #free: Buffer[] = []

  /** @param layout - of the content: nothing that is joined is longer than a piece */
  constructor({ pieceSize, size }: ContentLayout) {
    this.#bytes = Math.min(JOIN_BYTES, pieceSize, size)
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytes)
  }

  give(buffer: Buffer): void {
    if (this.#free.length * this.#bytes < MAX_FREE_BYTES) this.#free.push(buffer)
  }
}
