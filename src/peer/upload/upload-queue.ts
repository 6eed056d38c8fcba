import pLimit from 'p-limit'
import { MAX_WAITING_TRANSFERS } from '../../transfer/limits.js'

/** Who wants an upload slot. */
export interface SlotSeeker {
  /** It stands at this place in the line: 1 is next. Not called for who gets a slot at once. */
  onPlace(place: number): void
  /** It has a slot until it calls `release`. */
  onSlot(release: () => void): void
}

/** The upload slots of a peer, and the line of those who wait for one: first come first served. */
export class UploadQueue {
  readonly #slots: number
  readonly #limit: ReturnType<typeof pLimit>
  // In the order of the line, each with the place that it was last told.
  readonly #waiting = new Map<SlotSeeker, number>()
  #isToTell = false

  constructor(slots: number) {
    this.#slots = slots
    this.#limit = pLimit(slots)
  }

  /** Whether anybody waits for a slot. */
  get hasWaiting(): boolean {
    return this.#waiting.size > 0
  }

  /** Whether there is a slot that nobody wants. */
  get hasFreeSlot(): boolean {
    return !this.hasWaiting && this.#limit.activeCount < this.#slots
  }

  /** Takes a place in the line. @returns false when the line is full */
  join(seeker: SlotSeeker): boolean {
    if (this.#waiting.size >= MAX_WAITING_TRANSFERS) return false
    this.#waiting.set(seeker, 0)
    // A turn that was asked for by one who has left is as good as any: so there are never more turns than places.
    if (this.#limit.pendingCount < this.#waiting.size) void this.#limit(() => this.#serveNext())
    this.#tellSoon()
    return true
  }

  /** Gives the place in the line up. One who is not in it stays as it is. */
  leave(seeker: SlotSeeker): void {
    if (this.#waiting.delete(seeker)) this.#tellSoon()
  }

  #serveNext(): Promise<void> | undefined {
    const [next] = this.#waiting.keys()
    if (next === undefined) return undefined
    this.#waiting.delete(next)
    this.#tellSoon()
    return new Promise((release) => next.onSlot(release))
  }

  // Once for all that happens in one turn of the event loop: a crowd of small files moves up many places in it.
  #tellSoon(): void {
    if (this.#isToTell || this.#waiting.size === 0) return
    this.#isToTell = true
    setImmediate(() => {
      this.#isToTell = false
      let place = 0
      for (const [seeker, told] of this.#waiting) {
        place++
        if (told === place) continue
        this.#waiting.set(seeker, place)
        seeker.onPlace(place)
      }
    })
  }
}
