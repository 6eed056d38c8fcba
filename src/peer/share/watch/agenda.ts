import type { Clock, Timer } from '../../../clock.js'

/**
 * What happens within this is one round: an editor that replaces a file, a folder that is unpacked. Nobody notices that
 * it is published a tenth of a second later.
 */
const GATHER_MS = 100

/** More paths than this are not remembered one by one: the whole folder is looked at instead. */
const MAX_PATHS = 10_000

/** What {@link Agenda} needs. */
export interface AgendaOptions {
  readonly clock: Clock
  /** The path that stands for everything. */
  readonly whole: string
  /** Looks at paths; rounds never overlap. It does not reject. */
  readonly round: (paths: ReadonlySet<string>) => Promise<void>
  /**
   * Milliseconds to which later looks are put together, so that what was written together is looked at together.
   * @defaultValue {@link GATHER_MS}
   */
  readonly grid?: number
}

/** Which paths are to be looked at, and when: gathers what comes in, and goes round after round. */
export class Agenda {
  readonly #options: AgendaOptions
  readonly #grid: number
  readonly #later = new Map<number, { readonly paths: Set<string>; readonly timer: Timer }>()
  /** Those that are looked at later anyway. */
  readonly #postponed = new Set<string>()
  #due = new Set<string>()
  #gathering: Timer | undefined
  #running: Promise<void> | undefined
  #isClosed = false

  constructor(options: AgendaOptions) {
    this.#options = options
    this.#grid = Math.max(GATHER_MS, options.grid ?? 0)
  }

  /** A path is to be looked at soon. One that is looked at later anyway, since somebody writes to it, can wait until then. */
  note(path: string): void {
    if (this.#isClosed || this.#postponed.has(path)) return
    this.#add(path)
    this.#gathering ??= this.#options.clock.setTimeout(() => this.#gathered(), GATHER_MS)
  }

  /** Everything is to be looked at, now. */
  noteAll(): void {
    if (this.#isClosed) return
    this.#add(this.#options.whole)
    this.#gathering?.cancel()
    this.#gathered()
  }

  #add(path: string): void {
    if (this.#due.size >= MAX_PATHS) this.#due = new Set([this.#options.whole])
    else if (!this.#due.has(this.#options.whole)) this.#due.add(path)
  }

  /** A path is to be looked at when some milliseconds have passed. */
  later(path: string, delay: number): void {
    if (this.#isClosed) return
    const now = this.#options.clock.monotonic()
    const at = Math.ceil((now + delay) / this.#grid) * this.#grid
    const bucket = this.#later.get(at)
    this.#postponed.add(path)
    if (bucket !== undefined) {
      bucket.paths.add(path)
      return
    }
    const timer = this.#options.clock.setTimeout(() => this.#becomeDue(at), at - now)
    this.#later.set(at, { paths: new Set([path]), timer })
  }

  #becomeDue(at: number): void {
    const { paths = [] } = this.#later.get(at) ?? {}
    this.#later.delete(at)
    for (const path of paths) {
      this.#postponed.delete(path)
      this.#add(path)
    }
    // At once: what was waited for has already been gathered.
    this.#gathering?.cancel()
    this.#gathered()
  }

  #gathered(): void {
    this.#gathering = undefined
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#due.size > 0 && this.#gathering === undefined && !this.#isClosed) this.#gathered()
    })
  }

  async #run(): Promise<void> {
    // What comes while a round goes waits until it has been gathered.
    while (this.#gathering === undefined && this.#due.size > 0 && !this.#isClosed) {
      const paths = this.#due
      this.#due = new Set()
      await this.#options.round(paths)
    }
  }

  /** Nothing more is looked at; resolves when the round that goes is over. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#gathering?.cancel()
    for (const { timer } of this.#later.values()) timer.cancel()
    this.#later.clear()
    this.#due.clear()
    await this.#running
  }
}
