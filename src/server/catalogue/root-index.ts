import type { CatalogueEntry } from './catalogue-store.js'

/** Finds offers by their root. */
export class RootIndex {
  // Most contents are offered once, and a set for each would cost more than the offer itself. Yet a list would not do
  // for the others: one user may offer the empty file under a hundred thousand names.
  readonly #byRoot = new Map<string, CatalogueEntry | Set<CatalogueEntry>>()

  /** Adds an offer behind those that are there; one without a root cannot be found. */
  add(entry: CatalogueEntry): void {
    const { root } = entry
    if (root === undefined) return
    const known = this.#byRoot.get(root)
    if (known === undefined) this.#byRoot.set(root, entry)
    else if (known instanceof Set) known.add(entry)
    else this.#byRoot.set(root, new Set([known, entry]))
  }

  /** Takes out the very same offer. */
  delete(entry: CatalogueEntry): void {
    const { root } = entry
    if (root === undefined) return
    const known = this.#byRoot.get(root)
    if (known instanceof Set) {
      known.delete(entry)
      if (known.size === 0) this.#byRoot.delete(root)
    } else if (known === entry) {
      this.#byRoot.delete(root)
    }
  }

  /** The offers with this root, in the order in which they were added. */
  find(root: string): Iterable<CatalogueEntry> {
    const known = this.#byRoot.get(root)
    if (known === undefined) return []
    return known instanceof Set ? known : [known]
  }
}
