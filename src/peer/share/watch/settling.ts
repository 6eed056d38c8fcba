import type { Clock } from '../../../clock.js'

interface Pending {
  readonly stamp: string
  /** When it became so, by the monotonic clock. */
  readonly since: number
}

/**
 * Which files are finished. A file that a program or a copy is still writing looks like any other; what is hashed of it
 * would be offered to everybody and be wrong a moment later. So a file counts as finished when nothing about it has
 * changed for a time.
 */
export class Settling {
  readonly #clock: Clock
  readonly #stableFor: number
  readonly #pending = new Map<string, Pending>()

  /** @param stableFor - milliseconds for which nothing must change */
  constructor(clock: Clock, stableFor: number) {
    this.#clock = clock
    this.#stableFor = stableFor
  }

  /**
   * A file was looked at.
   *
   * @param changedAt - when it was changed last, milliseconds by the wall clock, as its file system says
   * @returns milliseconds until it is finished if it stays as it is; 0 when it is
   */
  left(file: string, stamp: string, changedAt: number): number {
    const now = this.#clock.monotonic()
    const before = this.#pending.get(file)
    // What its file system says saves the wait for all that was there long ago. A clock that is ahead of ours does no harm.
    const since = before?.stamp === stamp ? before.since : now - Math.max(0, this.#clock.now() - changedAt)
    const left = since + this.#stableFor - now
    if (left <= 0) {
      this.#pending.delete(file)
      return 0
    }
    this.#pending.set(file, { stamp, since })
    return left
  }

  /** Forgets files that are not there any more. */
  retain(isThere: (file: string) => boolean): void {
    for (const file of this.#pending.keys()) if (!isThere(file)) this.#pending.delete(file)
  }
}
