import { BitTrickleError } from '../errors.js'

/** Which pieces of a content are there. */
export class Bitfield {
  /** How many pieces the content has. */
  readonly length: number
  readonly #bytes: Buffer
  #count = 0

  /** @param length - how many pieces the content has; none is there yet */
  constructor(length: number) {
    if (!Number.isInteger(length) || length < 0) throw new RangeError(`There cannot be ${length} pieces.`)
    this.length = length
    this.#bytes = Buffer.alloc(Math.ceil(length / 8))
  }

  /** One in which every piece is there. */
  static full(length: number): Bitfield {
    const field = new Bitfield(length)
    for (let piece = 0; piece < length; piece++) field.add(piece)
    return field
  }

  /**
   * Reads what {@link Bitfield.toBytes} wrote.
   *
   * @throws {@link BitTrickleError} `PROTOCOL_ERROR` when the length is wrong, or a bit behind the last piece is set
   */
  static fromBytes(bytes: Uint8Array, length: number): Bitfield {
    const field = new Bitfield(length)
    const spare = field.#bytes.length * 8 - length
    const last = bytes[field.#bytes.length - 1] ?? 0
    if (bytes.length !== field.#bytes.length || (last & (2 ** spare - 1)) !== 0) {
      throw new BitTrickleError(
        'PROTOCOL_ERROR',
        `The other side sent what is no bitfield of ${length} pieces.`,
      )
    }
    field.#bytes.set(bytes)
    for (const byte of bytes) field.#count += bitsIn(byte)
    return field
  }

  /** How many pieces are there. */
  get count(): number {
    return this.#count
  }

  /** Whether every piece is there. */
  get isComplete(): boolean {
    return this.#count === this.length
  }

  /** @throws RangeError when there is no such piece */
  has(piece: number): boolean {
    this.#check(piece)
    return (this.#byte(piece) & bit(piece)) !== 0
  }

  /**
   * @returns whether the piece was missing
   * @throws RangeError when there is no such piece
   */
  add(piece: number): boolean {
    if (this.has(piece)) return false
    this.#bytes[piece >> 3] = this.#byte(piece) | bit(piece)
    this.#count++
    return true
  }

  /**
   * @returns whether the piece was there
   * @throws RangeError when there is no such piece
   */
  delete(piece: number): boolean {
    if (!this.has(piece)) return false
    this.#bytes[piece >> 3] = this.#byte(piece) & ~bit(piece)
    this.#count--
    return true
  }

  /** The first missing piece at or behind `from`, or undefined. */
  nextMissing(from = 0): number | undefined {
    if (this.isComplete) return undefined
    for (let piece = from; piece < this.length; piece++) {
      // Eight at once, where a download has got far.
      if ((piece & 7) === 0 && this.#byte(piece) === 0xff) piece += 7
      else if (!this.has(piece)) return piece
    }
    return undefined
  }

  /** One bit a piece, the first in the highest bit (as BEP 3); what is left of the last byte is zero. A copy. */
  toBytes(): Buffer {
    return Buffer.from(this.#bytes)
  }

  #byte(piece: number): number {
    return this.#bytes[piece >> 3] ?? 0
  }

  #check(piece: number): void {
    if (!Number.isInteger(piece) || piece < 0 || piece >= this.length) {
      throw new RangeError(`There is no piece ${piece} in ${this.length}.`)
    }
  }
}

const bit = (piece: number): number => 0x80 >> (piece & 7)

function bitsIn(byte: number): number {
  let count = 0
  for (let rest = byte; rest > 0; rest &= rest - 1) count++
  return count
}
