/** Reads texts one behind the other, each with a line feed behind it. */
export class TextCursor {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  next(): Uint8Array {
    let end = this.#at
    while (this.#bytes[end] !== 0x0a) {
      if (end === this.#bytes.length) throw new Error('there is a text too few')
      end++
    }
    const text = this.#bytes.subarray(this.#at, end)
    this.#at = end + 1
    return text
  }
}
