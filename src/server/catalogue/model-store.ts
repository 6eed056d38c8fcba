import { BitTrickleError } from '../../errors.js'
import { loadPart } from '../../load-part.js'
import type { CatalogueEntry, CatalogueStore, NamePage, Range, SearchFilter } from './catalogue-store.js'
import { NONE } from './none.js'
import type { Publications } from './publications.js'

/** What all stores have in common: reads are answered from memory. */
export abstract class ModelStore implements CatalogueStore {
  /** @internal Made by `open()`. */
  protected model: Publications | undefined

  /** @internal */
  protected get publications(): Publications {
    if (this.model === undefined) throw notOpen()
    return this.model
  }

  /** {@inheritDoc CatalogueStore.open} */
  abstract open(): Promise<void>
  /** {@inheritDoc CatalogueStore.close} */
  abstract close(): Promise<void>
  /** {@inheritDoc CatalogueStore.publish} */
  abstract publish(entry: CatalogueEntry): Promise<boolean>
  /** {@inheritDoc CatalogueStore.publishAll} */
  abstract publishAll(entries: readonly CatalogueEntry[]): Promise<readonly (boolean | Error)[]>
  /** {@inheritDoc CatalogueStore.unpublish} */
  abstract unpublish(username: string, name: string): Promise<boolean>

  /** {@inheritDoc CatalogueStore.has} */
  has(username: string, name: string): boolean {
    return this.publications.find(username, name) !== NONE
  }

  /** {@inheritDoc CatalogueStore.offers} */
  offers(name: string): readonly CatalogueEntry[] {
    return this.publications.offers(name)
  }

  /** {@inheritDoc CatalogueStore.offersOf} */
  offersOf(root: string): Iterable<CatalogueEntry> {
    return this.publications.offersOf(root)
  }

  /** {@inheritDoc CatalogueStore.publishedBy} */
  publishedBy(username: string, range: Range = {}): readonly CatalogueEntry[] {
    return this.publications.publishedBy(username, range)
  }

  /** {@inheritDoc CatalogueStore.search} */
  search(filter: SearchFilter): NamePage {
    return this.publications.search(filter)
  }

  /** {@inheritDoc CatalogueStore.count} */
  count(username: string): number {
    return this.publications.count(username)
  }

  /** {@inheritDoc CatalogueStore.size} */
  get size(): number {
    return this.model?.size ?? 0
  }
}

/** An empty model. */
export async function makeModel(): Promise<Publications> {
  const { Publications } = await loadPart(() => import('./publications.js'))
  return new Publications()
}

export const notOpen = (): BitTrickleError => new BitTrickleError('CLOSED', 'The catalogue is not open.')
