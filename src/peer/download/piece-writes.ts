import type { WrittenBytes } from '../../content/write-thread.js'
import type { Write } from './content-sink.js'

/**
 * Where the bytes of one request go: straight to their place; or, where another source was asked for the same piece,
 * into memory until they are verified. What is not verified must never be written over what is.
 */
export class PieceWrites {
  readonly isHeld: boolean
  readonly #write: Write
  readonly #held: { readonly bytes: Buffer; readonly position: number }[] = []
  #writing: Promise<unknown> = Promise.resolve()

  constructor(write: Write, isHeld: boolean) {
    this.#write = write
    this.isHeld = isHeld
  }

  /** Takes bytes. */
  write(bytes: Buffer, position: number): Promise<WrittenBytes | undefined> {
    if (this.isHeld) {
      const held = Buffer.allocUnsafeSlow(bytes.length)
      bytes.copy(held)
      this.#held.push({ bytes: held, position })
      return Promise.resolve(undefined)
    }
    const written = this.#write(bytes, position)
    this.#writing = Promise.allSettled([this.#writing, written])
    return written
  }

  /** Resolves when nothing is being written any more. */
  async settled(): Promise<void> {
    await this.#writing
  }

  /** They are verified, and nobody else writes this piece: what was held goes to its place. */
  async commit(): Promise<void> {
    for (const { bytes, position } of this.#held.splice(0)) await this.#write(bytes, position)
  }
}
