const SEGMENT_BITS = 18
const SEGMENT = 1 << SEGMENT_BITS
const MASK = SEGMENT - 1

// Words of a block, by its kind.
const WORDS = [8, 32, 128, 512]
const KIND_MASK = 7

/** No block. */
export const NO_BLOCK = 0

/**
 * Blocks of ids, taken from segments of memory and never moved. A block is known by a number: its place and its kind.
 * The first word of it refers to the next block, the others are ids.
 */
export class IdBlocks {
  readonly #segments: Uint32Array[] = []
  readonly #freed: number[][] = WORDS.map(() => [])
  // Place 0 is no block.
  #next = 8

  /** How many words a block has. */
  length(block: number): number {
    return WORDS[block & KIND_MASK] as number
  }

  /** A word of a block. */
  get(block: number, at: number): number {
    const place = (block & ~KIND_MASK) >>> 0
    return (this.#segments[place >>> SEGMENT_BITS] as Uint32Array)[(place & MASK) + at] as number
  }

  /** Sets a word of a block. */
  set(block: number, at: number, value: number): void {
    const place = (block & ~KIND_MASK) >>> 0
    const segment = this.#segments[place >>> SEGMENT_BITS] as Uint32Array
    segment[(place & MASK) + at] = value
  }

  /** All words of a block. */
  words(block: number): Uint32Array {
    const place = (block & ~KIND_MASK) >>> 0
    const start = place & MASK
    return (this.#segments[place >>> SEGMENT_BITS] as Uint32Array).subarray(start, start + this.length(block))
  }

  /** A block for a list of so many ids: a list begins with small ones, since most lists are short. */
  allocate(count: number): number {
    const kind = count < 7 ? 0 : count < 100 ? 1 : count < 2000 ? 2 : 3
    const freed = this.#freed[kind]?.pop()
    if (freed !== undefined) return freed
    const words = WORDS[kind] as number
    // None lies across two segments.
    if ((this.#next & MASK) + words > SEGMENT) this.#next = ((this.#next >>> SEGMENT_BITS) + 1) * SEGMENT
    const place = this.#next
    this.#next += words
    if (this.#segments.length <= place >>> SEGMENT_BITS) this.#segments.push(new Uint32Array(SEGMENT))
    return (place | kind) >>> 0
  }

  /** Gives a block back. */
  free(block: number): void {
    this.#freed[block & KIND_MASK]?.push(block)
  }
}
