// RFC 6479 keeps the window as a ring of words: moving on clears whole words and never shifts bits.
const BITS = 32
const WORDS = 64

/** A datagram this far behind the newest is taken for a replay. One word is always being filled anew. */
export const REPLAY_WINDOW: number = (WORDS - 1) * BITS

/** Remembers which counters have been seen (RFC 6479). */
export class ReplayWindow {
  readonly #words = new Uint32Array(WORDS)
  #newest = -1

  /** The highest counter that was accepted, or -1. */
  get newest(): number {
    return this.#newest
  }

  /** Whether the counter is new. Asked before the datagram is opened, since it costs less. */
  isNew(counter: number): boolean {
    if (counter > this.#newest) return true
    if (this.#newest - counter >= REPLAY_WINDOW) return false
    return (this.#word(counter) & bit(counter)) === 0
  }

  /** Marks a counter whose datagram proved authentic; never one that did not. */
  accept(counter: number): void {
    if (counter > this.#newest) this.#advance(counter)
    const at = Math.floor(counter / BITS) % WORDS
    this.#words[at] = this.#word(counter) | bit(counter)
  }

  #word(counter: number): number {
    return this.#words[Math.floor(counter / BITS) % WORDS] ?? 0
  }

  #advance(counter: number): void {
    const from = Math.floor(this.#newest / BITS)
    const to = Math.floor(counter / BITS)
    if (to - from >= WORDS) this.#words.fill(0)
    else for (let word = from + 1; word <= to; word++) this.#words[word % WORDS] = 0
    this.#newest = counter
  }
}

function bit(counter: number): number {
  return 1 << (counter % BITS)
}
