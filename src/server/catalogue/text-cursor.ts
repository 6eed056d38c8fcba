/** Texts in UTF-8, with a byte between any two. */
export interface Texts {
  readonly bytes: Uint8Array
  /** Where each ends. */
  readonly ends: Uint32Array
}

/** Reads texts one behind the other: where the present one is, without an object for each. */
export class TextCursor {
  readonly bytes: Uint8Array
  readonly #ends: Uint32Array
  #next = 0
  /** Where the present text begins. */
  from = 0
  /** Where it ends. */
  to = -1

  constructor({ bytes, ends }: Texts) {
    this.bytes = bytes
    this.#ends = ends
  }

  /** @throws Error where there is none */
  next(): void {
    this.from = this.to + 1
    const to = this.#ends[this.#next++]
    if (to === undefined || to < this.from || to > this.bytes.length)
      throw new Error('there is a text too few')
    this.to = to
  }

  /** The present text; undefined for an empty one. */
  get text(): string | undefined {
    if (this.to === this.from) return undefined
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.from, this.to - this.from).toString()
  }
}
