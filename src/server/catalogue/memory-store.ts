import type { CatalogueEntry } from './catalogue-store.js'
import { assertKeepable } from './keepable.js'
import { ModelStore, makeModel } from './model-store.js'
import { NONE } from './none.js'
import type { Publications } from './publications.js'

/**
 * A catalogue that lives as long as the process: for tests, and for an index without a data directory or with one that
 * keeps nothing but the key. It is opened by the `listen()` of its index, and holds nothing before.
 *
 * @example
 * ```ts
 * const index = new IndexServer({ dataDir: 'data', store: new MemoryStore() })
 * ```
 */
export class MemoryStore extends ModelStore {
  #opening: Promise<Publications> | undefined

  /** Makes it ready. May be called again, by another index: what is there stays. */
  async open(): Promise<void> {
    this.#opening ??= makeModel()
    this.model = await this.#opening
  }

  /** Nothing to flush. */
  async close(): Promise<void> {}

  /** {@inheritDoc CatalogueStore.publish} */
  async publish(entry: CatalogueEntry): Promise<boolean> {
    return this.#publish(entry)
  }

  /** {@inheritDoc CatalogueStore.publishAll} */
  async publishAll(entries: readonly CatalogueEntry[]): Promise<readonly (boolean | Error)[]> {
    return entries.map((entry) => {
      try {
        return this.#publish(entry)
      } catch (error) {
        return error as Error
      }
    })
  }

  #publish(entry: CatalogueEntry): boolean {
    assertKeepable(entry)
    const known = this.publications.find(entry.username, entry.name)
    if (known !== NONE && this.publications.isOf(known, entry)) return false
    if (known !== NONE) this.publications.delete(known)
    this.publications.add(entry, 0)
    return known === NONE
  }

  /** {@inheritDoc CatalogueStore.unpublish} */
  async unpublish(username: string, name: string): Promise<boolean> {
    const known = this.publications.find(username, name)
    if (known === NONE) return false
    this.publications.delete(known)
    return true
  }
}
