import { MAX_HALF_OPEN } from './limits.js'
import type { ResponderHandshake } from './responder-handshake.js'

interface Entry {
  readonly key: string
  readonly handshake: ResponderHandshake
}

/** The handshakes that wait for message 3, oldest first: a bounded table. */
export class HalfOpenTable {
  readonly #byKey = new Map<string, Entry>()
  readonly #byIndex = new Map<number, Entry>()

  get size(): number {
    return this.#byKey.size
  }

  /** The handshake that the same hello began. */
  byAttempt(key: string): ResponderHandshake | undefined {
    return this.#byKey.get(key)?.handshake
  }

  /** The handshake whose responder index this is. */
  byIndex(index: number): ResponderHandshake | undefined {
    return this.#byIndex.get(index)?.handshake
  }

  /** Adds a handshake; a full table drops its oldest, since an honest one needs one round trip only. */
  add(key: string, handshake: ResponderHandshake): void {
    if (this.#byKey.size >= MAX_HALF_OPEN) {
      for (const oldest of this.#byKey.values()) {
        this.#remove(oldest)
        break
      }
    }
    const entry = { key, handshake }
    this.#byKey.set(key, entry)
    this.#byIndex.set(handshake.localIndex, entry)
  }

  /** Drops what was not finished in time. */
  expire(now: number): void {
    for (const entry of this.#byKey.values()) {
      if (entry.handshake.expiresAt > now) break
      this.#remove(entry)
    }
  }

  clear(): void {
    this.#byKey.clear()
    this.#byIndex.clear()
  }

  #remove({ key, handshake }: Entry): void {
    this.#byKey.delete(key)
    this.#byIndex.delete(handshake.localIndex)
  }
}
