// Long enough to be calm, short enough to notice a source that was lost.
const WINDOW = 5_000
// The progress of a fast transfer comes many times a second; more would only fill memory.
const LEAST_APART = 100

/** How fast something has been of late, rather than since its beginning, and how long the rest takes at that pace. */
export class RateMeter {
  readonly #samples: { readonly at: number; readonly bytes: number }[] = []

  /**
   * Takes note of how far it is.
   * @param at - milliseconds, of whatever clock
   */
  add(bytes: number, at: number): void {
    const last = this.#samples.at(-1)
    // What was there already, such as the part of an earlier run, did not come now.
    if (last !== undefined && bytes < last.bytes) this.#samples.length = 0
    else if (last !== undefined && at - last.at < LEAST_APART && this.#samples.length > 1) this.#samples.pop()
    this.#samples.push({ at, bytes })
    while (this.#samples.length > 2 && at - (this.#samples[1]?.at ?? at) >= WINDOW) this.#samples.shift()
  }

  /** Bytes per second; 0 when nothing is known yet, and falling while nothing comes. */
  rate(now: number): number {
    const first = this.#samples.find(({ at }) => now - at <= WINDOW) ?? this.#samples.at(-1)
    const last = this.#samples.at(-1)
    if (first === undefined || last === undefined || first === last) return 0
    return (last.bytes - first.bytes) / (Math.max(1, now - first.at) / 1000)
  }

  /** Milliseconds that the rest takes; undefined when that cannot be told. */
  eta(size: number, now: number): number | undefined {
    const rate = this.rate(now)
    const left = size - (this.#samples.at(-1)?.bytes ?? 0)
    if (left <= 0) return 0
    return rate > 0 ? (left / rate) * 1000 : undefined
  }
}
