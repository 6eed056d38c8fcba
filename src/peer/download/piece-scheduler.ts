import type { Bitfield } from '../../content/bitfield.js'

/** A source, as far as the scheduler knows it. */
export interface PieceHolder {
  /**
   * Milliseconds until it is expected to have brought a piece, one that it was asked for or one more; infinite when
   * nothing is to be expected of it at present.
   */
  eta(piece: number): number
}

/** A piece to ask of a source. */
export interface TakenPiece {
  readonly piece: number
  /** Whether another source was asked for it too. */
  readonly isShared: boolean
}

// Of whom something is to be expected: what two bring, no third needs to.
const MAX_HOLDERS = 2
// What comes so soon anyway is not worth a second request.
const WORTHWHILE_MS = 250

/**
 * Decides which piece is asked of which source: each once, in order, until all are asked for. Then those are asked of a
 * second source that it would bring sooner than the first, the one that is furthest away before the others.
 */
export class PieceScheduler<Source extends PieceHolder> {
  readonly #done: Bitfield
  readonly #holders = new Map<number, Set<Source>>()
  #next = 0

  /** @param done - the pieces that are there; whoever completes one adds it */
  constructor(done: Bitfield) {
    this.#done = done
  }

  /**
   * The piece to ask of a source now, which is noted as asked; undefined when there is none for it.
   *
   * @param has - whether the source can be asked for a piece
   * @param mayShare - whether it may be a piece that another source was asked for
   */
  take(source: Source, has: (piece: number) => boolean, mayShare: boolean): TakenPiece | undefined {
    const free = this.#firstFree(has)
    const piece = free ?? (mayShare ? this.#furthest(source, has) : undefined)
    if (piece === undefined) return undefined
    const holders = this.#holders.get(piece)
    if (holders === undefined) this.#holders.set(piece, new Set([source]))
    else holders.add(source)
    return { piece, isShared: free === undefined }
  }

  #firstFree(has: (piece: number) => boolean): number | undefined {
    this.#next = this.#done.nextMissing(this.#next) ?? this.#done.length
    let piece: number | undefined = this.#next < this.#done.length ? this.#next : undefined
    while (piece !== undefined && (this.#holders.has(piece) || !has(piece))) {
      piece = this.#done.nextMissing(piece + 1)
    }
    return piece
  }

  #furthest(source: Source, has: (piece: number) => boolean): number | undefined {
    let furthest: number | undefined
    let latest = WORTHWHILE_MS
    for (const [piece, holders] of this.#holders) {
      if (holders.has(source) || !has(piece)) continue
      const etas = [...holders].map((holder) => holder.eta(piece)).filter(Number.isFinite)
      const eta = Math.min(...etas)
      if (etas.length >= MAX_HOLDERS || eta <= latest || eta - source.eta(piece) <= WORTHWHILE_MS) continue
      furthest = piece
      latest = eta
    }
    return furthest
  }

  /** The other sources that were asked for a piece. */
  others(piece: number, source: Source): Source[] {
    return [...(this.#holders.get(piece) ?? [])].filter((holder) => holder !== source)
  }

  /** A piece is there, and nobody needs to bring it any more. */
  complete(piece: number): void {
    this.#holders.delete(piece)
  }

  /** A source will not bring this piece. */
  release(piece: number, source: Source): void {
    const holders = this.#holders.get(piece)
    holders?.delete(source)
    if (holders?.size === 0) this.#holders.delete(piece)
  }
}
