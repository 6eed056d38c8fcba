/** Texts in UTF-8, one behind the other. */
export interface Texts {
  readonly bytes: Uint8Array
  /** How many bytes each has. */
  readonly lengths: Uint16Array
}

/** Reads texts one behind the other. */
export class TextCursor {
  readonly #texts: Texts
  #next = 0
  #at = 0

  constructor(texts: Texts) {
    this.#texts = texts
  }

  /** @throws Error where there is none */
  next(): Uint8Array {
    const { bytes, lengths } = this.#texts
    const length = lengths[this.#next++]
    if (length === undefined || this.#at + length > bytes.length) throw new Error('there is a text too few')
    const start = this.#at
    this.#at += length
    return bytes.subarray(start, this.#at)
  }
}
