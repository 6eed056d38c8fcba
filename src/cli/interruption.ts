import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** What asks a program to end: the first signal ends what runs in good order, the second one ends the program. */
export class Interruption {
  readonly #ending = new AbortController()
  #signal: (typeof SIGNALS)[number] | undefined
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#signal !== undefined) process.exit(this.codeOr(1))
    this.#signal = signal as (typeof SIGNALS)[number]
    this.#ending.abort()
  }

  constructor() {
    for (const name of SIGNALS) process.on(name, this.#onSignal)
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#ending.signal
  }

  /** Resolves with the first signal. */
  get came(): Promise<void> {
    const { signal } = this
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }

  /** The exit code of a program that a signal has cut short, as shells have it; the other one when none came. */
  codeOr(code: number): number {
    return this.#signal === undefined ? code : 128 + constants.signals[this.#signal]
  }

  /** Signals end the program at once again. */
  stop(): void {
    for (const name of SIGNALS) process.off(name, this.#onSignal)
  }
}
