import type { CatalogueEntry } from './catalogue-store.js'

/** Reads what an offer consists of, by its id. */
export interface OfferReader {
  username(id: number): string
  name(id: number): string
  root(id: number): string | undefined
  size(id: number): number | undefined
  audience(id: number): string | undefined
  publishedAt(id: number): Date
}

/** An offer of which only what is asked for is read: a search asks of thousands who it is that offers. */
export class Offer implements CatalogueEntry {
  readonly #reader: OfferReader
  readonly #id: number

  constructor(reader: OfferReader, id: number) {
    this.#reader = reader
    this.#id = id
  }

  get username(): string {
    return this.#reader.username(this.#id)
  }

  get name(): string {
    return this.#reader.name(this.#id)
  }

  // The interface has them absent or of a value, which a getter cannot be.
  get root(): string {
    return this.#reader.root(this.#id) as string
  }

  get size(): number {
    return this.#reader.size(this.#id) as number
  }

  get audience(): string {
    return this.#reader.audience(this.#id) as string
  }

  get publishedAt(): Date {
    return this.#reader.publishedAt(this.#id)
  }
}

/** The numbers of an offer, as they are kept. */
export interface OfferNumbers {
  readonly size: number
  /** Since when it is offered, in milliseconds since 1970. */
  readonly time: number
  /** Grows with each offer. */
  readonly key: number
  /** As `Audiences` numbers them. */
  readonly audience: number
}
