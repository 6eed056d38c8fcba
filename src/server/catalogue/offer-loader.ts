import { MAX_NAME_BYTES } from '../../wire/limits.js'
import type { Audiences } from './audiences.js'
import { BEHIND, SAME } from './name-steps.js'
import type { Names } from './names.js'
import { NONE } from './none.js'
import type { OfferNumbers } from './offer.js'
import type { OfferLists } from './offer-lists.js'
import type { Owner, Owners } from './owners.js'
import { TextCursor, type Texts } from './text-cursor.js'
import type { TextTable } from './text-table.js'

/** Offers as they are loaded: numbers in lists, texts one behind the other. */
export interface OfferBatch {
  /** Who offers each, as a place among the users that {@link OfferLoader.begin} was told. */
  readonly users: Uint32Array
  readonly names: Texts
  /** Of each name where it lies, as {@link NameSteps} tells it. */
  readonly steps: Uint8Array
  /** As {@link packRoot} makes them; an empty one for none. */
  readonly roots: Texts
  /** An empty one for everybody. */
  readonly audiences: Texts
  readonly sizes: Float64Array
  readonly times: Float64Array
  readonly keys: Float64Array
}

/** What an {@link OfferLoader} works on. */
export interface OfferLoaderParts {
  readonly names: Names
  readonly roots: TextTable
  readonly owners: Owners
  readonly audiences: Audiences
  readonly byName: OfferLists
  readonly byRoot: OfferLists
  /** Makes room for so many offers. */
  readonly reserve: (count: number) => void
  /** Whether somebody offers a name already. */
  readonly has: (owner: Owner, nameId: number) => boolean
  readonly add: (owner: Owner, nameId: number, rootId: number, numbers: OfferNumbers) => void
  /** The key of an offer. */
  readonly keyOf: (id: number) => number
}

/**
 * Brings in what is in a file, when an index starts: sorted by name, so that most of what is looked for otherwise is known
 * to be there or not.
 */
export class OfferLoader {
  readonly #parts: OfferLoaderParts
  // The users, those of them who were met, and the name that came last.
  #usernames: readonly string[] = []
  readonly #owners: Owner[] = []
  #lastName = NONE
  // Those with more than one offer, whose order is still to be made.
  readonly #sharedNames: number[] = []
  readonly #sharedRoots: number[] = []
  #lastKey = 0

  constructor(parts: OfferLoaderParts) {
    this.#parts = parts
  }

  /** The highest key of all. */
  get lastKey(): number {
    return this.#lastKey
  }

  /** So many offers will come, of these users. */
  begin(count: number, usernames: readonly string[]): void {
    const { names, roots, reserve } = this.#parts
    this.#usernames = usernames
    names.beginLoad(count)
    roots.reserve(count)
    reserve(count)
  }

  /**
   * Adds offers that are not there, such as lie one behind the other by name.
   *
   * @throws Error for what is there already
   */
  read({ users, names, steps, roots, audiences, sizes, times, keys }: OfferBatch): void {
    const { audiences: known, roots: table, byName, byRoot, add } = this.#parts
    const name = new TextCursor(names)
    const root = new TextCursor(roots)
    const audience = new TextCursor(audiences)
    const rootHashes = table.hashAll(roots)
    for (const [at, user] of users.entries()) {
      name.next()
      root.next()
      audience.next()
      const numbers = {
        size: sizes[at] as number,
        time: times[at] as number,
        key: keys[at] as number,
        audience: known.take(audience.text),
      }
      const owner = this.#owner(user)
      const nameId = this.#name(name, steps[at] as number, owner)
      const rootId =
        root.from === root.to ? NONE : table.ensure(root.bytes, root.from, root.to, rootHashes[at])
      if (byName.isSingle(nameId)) this.#sharedNames.push(nameId)
      if (rootId !== NONE && byRoot.isSingle(rootId)) this.#sharedRoots.push(rootId)
      add(owner, nameId, rootId, numbers)
      if (numbers.key > this.#lastKey) this.#lastKey = numbers.key
    }
  }

  #owner(user: number): Owner {
    this.#owners[user] ??= this.#parts.owners.ensure(this.#usernames[user] as string)
    return this.#owners[user]
  }

  #name({ bytes, from, to }: TextCursor, step: number, owner: Owner): number {
    const { names, has } = this.#parts
    if (from === to || to - from > MAX_NAME_BYTES) throw new Error('there is a name that is none')
    if (step === BEHIND) {
      this.#lastName = names.add(bytes, from, to, true)
      return this.#lastName
    }
    if (step !== SAME) this.#lastName = names.ensure(bytes, from, to)
    if (has(owner, this.#lastName)) throw new Error('there is an offer twice')
    return this.#lastName
  }

  /** Ends the loading. */
  end(): void {
    const { names, byName, byRoot, keyOf } = this.#parts
    names.endLoad()
    for (const nameId of this.#sharedNames) byName.sort(nameId, keyOf)
    for (const rootId of this.#sharedRoots) byRoot.sort(rootId, keyOf)
  }
}
