import { MAX_IN_PROGRESS, MAX_REPLY_CACHE_BYTES } from './limits.js'
import { REQUEST_WINDOW, RefusalReason } from './protocol.js'

/** The request is new: carry it out, then {@link ReplyCache.settle}. */
export const EXECUTE = 'execute'
/** The request is being carried out: its reply will go out by itself. */
export const IN_PROGRESS = 'in-progress'

/** What to do about a request: carry it out, wait, refuse it, or send this reply again. */
export type Admission = typeof EXECUTE | typeof IN_PROGRESS | RefusalReason | Uint8Array

type Entry = Exclude<Admission, typeof EXECUTE>

/**
 * What makes each request take effect exactly once. It remembers every request from the oldest one on that the
 * initiator still waits for, which each request says; below that a request is refused and never carried out. Where
 * replies grow too large their bytes are dropped and the fact that the request was carried out is kept.
 */
export class ReplyCache {
  readonly #entries = new Map<number, Entry>()
  /** Below it everything is settled for the initiator. */
  #floor = 1
  #bytes = 0
  #inProgress = 0

  /** How many requests are remembered. */
  get size(): number {
    return this.#entries.size
  }

  /** Bytes of the replies that are kept. */
  get bytes(): number {
    return this.#bytes
  }

  /** A request came whose initiator waits for nothing older than `id - span`. */
  admit(id: number, span: number): Admission {
    if (id - span > this.#floor) this.#raise(id - span)
    if (id < this.#floor) return RefusalReason.Stale
    const known = this.#entries.get(id)
    if (known !== undefined) return known
    if (this.#inProgress >= MAX_IN_PROGRESS) {
      // Remembered, or a late repeat would be carried out after its initiator was told that it is not.
      this.#entries.set(id, RefusalReason.Busy)
      return RefusalReason.Busy
    }
    this.#inProgress++
    this.#entries.set(id, IN_PROGRESS)
    return EXECUTE
  }

  /** The request was carried out; whether its initiator still waits. */
  settle(id: number, outcome: Uint8Array | RefusalReason): boolean {
    this.#inProgress--
    if (this.#entries.get(id) !== IN_PROGRESS) return false
    this.#entries.set(id, outcome)
    if (typeof outcome !== 'number') {
      this.#bytes += outcome.length
      if (this.#bytes > MAX_REPLY_CACHE_BYTES) this.#shrink()
    }
    return true
  }

  #raise(floor: number): void {
    // No more than a window is remembered, however far an initiator jumps.
    const end = Math.min(floor, this.#floor + REQUEST_WINDOW)
    for (let id = this.#floor; id < end; id++) {
      const entry = this.#entries.get(id)
      if (entry instanceof Uint8Array) this.#bytes -= entry.length
      this.#entries.delete(id)
    }
    this.#floor = floor
  }

  #shrink(): void {
    for (const [id, entry] of this.#entries) {
      if (!(entry instanceof Uint8Array)) continue
      this.#entries.set(id, RefusalReason.Forgotten)
      this.#bytes -= entry.length
      if (this.#bytes <= MAX_REPLY_CACHE_BYTES) return
    }
  }
}
