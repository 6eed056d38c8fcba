import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../clock.js'

/** The requests whose answer is still being worked out. */
export class PendingRequests {
  #count = 0
  #onNone: (() => void) | undefined

  /** One begins; call what it returns when its answer is known. */
  begin(): () => void {
    this.#count += 1
    return () => {
      this.#count -= 1
      if (this.#count === 0) this.#onNone?.()
    }
  }

  /** Resolves when all have been answered, or after so many milliseconds, to whether none is left. */
  async settled(clock: Clock, patience: number): Promise<boolean> {
    if (this.#count > 0) {
      await new Promise<void>((resolve) => {
        const timer = clock.setTimeout(resolve, patience)
        this.#onNone = () => {
          timer.cancel()
          resolve()
        }
      })
    }
    // An answer that is known goes out in the same turn.
    await turn()
    return this.#count === 0
  }
}
