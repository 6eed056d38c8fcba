import type { Progress } from './progress-text.js'
import { RateMeter } from './rate-meter.js'

// A program that reads them needs no more, and a fast transfer reports a thousand times a second.
const LEAST_APART = 500

/** Tells how far things are as JSON, an object a line. */
export class ProgressEvents {
  readonly #write: (line: string) => void
  readonly #now: () => number
  readonly #known = new Map<number, { readonly meter: RateMeter; toldAt: number }>()

  /** @param now - milliseconds, of whatever clock */
  constructor(write: (line: string) => void, now = (): number => performance.now()) {
    this.#write = write
    this.#now = now
  }

  /** Tells how far something is, unless it has been told just now. */
  show(id: number, progress: Progress): void {
    const now = this.#now()
    const known = this.#known.get(id) ?? { meter: new RateMeter(), toldAt: Number.NEGATIVE_INFINITY }
    this.#known.set(id, known)
    if (progress.place === undefined) known.meter.add(progress.transferred, now)
    const isWhole = progress.transferred === progress.size
    if (now - known.toldAt < LEAST_APART && !isWhole) return
    known.toldAt = now
    const { size } = progress
    const eta = size === undefined ? undefined : known.meter.eta(size, now)
    const rate = Math.round(known.meter.rate(now))
    const rounded = eta === undefined ? {} : { eta: Math.round(eta) }
    this.#write(`${JSON.stringify({ event: 'progress', ...progress, rate, ...rounded })}\n`)
  }

  /** It has ended. */
  end(id: number): void {
    this.#known.delete(id)
  }
}
