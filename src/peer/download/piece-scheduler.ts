import type { Bitfield } from '../../content/bitfield.js'

// A piece that nothing but one slow source keeps from being done is asked of one more, and of no third.
const MAX_HOLDERS = 2

/** Decides which piece is asked of which source: each once, in order, until only the last are missing. */
export class PieceScheduler<Source> {
  readonly #done: Bitfield
  // In the order in which they were first asked for.
  readonly #asked = new Map<number, Set<Source>>()
  #next = 0

  /** @param done - the pieces that are there; whoever completes one adds it */
  constructor(done: Bitfield) {
    this.#done = done
  }

  /** The piece to ask of a source now, which is noted as asked; undefined when there is none for it. */
  take(source: Source, has: (piece: number) => boolean): number | undefined {
    const piece = this.#firstFree(has) ?? this.#slowest(source, has)
    if (piece === undefined) return undefined
    const holders = this.#asked.get(piece)
    if (holders === undefined) this.#asked.set(piece, new Set([source]))
    else holders.add(source)
    return piece
  }

  #firstFree(has: (piece: number) => boolean): number | undefined {
    this.#next = this.#done.nextMissing(this.#next) ?? this.#done.length
    let piece: number | undefined = this.#next < this.#done.length ? this.#next : undefined
    while (piece !== undefined && (this.#asked.has(piece) || !has(piece))) {
      piece = this.#done.nextMissing(piece + 1)
    }
    return piece
  }

  // All are asked for: the one that has been waited for longest is asked of a second source.
  #slowest(source: Source, has: (piece: number) => boolean): number | undefined {
    for (const [piece, holders] of this.#asked) {
      if (holders.size < MAX_HOLDERS && !holders.has(source) && has(piece)) return piece
    }
    return undefined
  }

  /** A piece is there. Returns the other sources that were asked for it. */
  complete(piece: number, source: Source): Source[] {
    const holders = [...(this.#asked.get(piece) ?? [])].filter((holder) => holder !== source)
    this.#asked.delete(piece)
    return holders
  }

  /** A source will not bring this piece. */
  release(piece: number, source: Source): void {
    const holders = this.#asked.get(piece)
    holders?.delete(source)
    if (holders?.size === 0) this.#asked.delete(piece)
  }
}
