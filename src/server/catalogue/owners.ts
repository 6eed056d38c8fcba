import { Ids } from './column.js'
import { SortedIds } from './sorted-ids.js'

/** Somebody who offers names. */
export interface Owner {
  readonly id: number
  readonly username: string
  /** The ids of the names, in order. */
  readonly names: SortedIds
  count: number
}

/** Who offers anything, by name and by number. */
export class Owners {
  readonly #ids = new Ids()
  readonly #byName = new Map<string, Owner>()
  readonly #byId: (Owner | undefined)[] = []

  /** The owner of this name, if there is one. */
  find(username: string): Owner | undefined {
    return this.#byName.get(username)
  }

  /** The owner of this number, which there is. */
  at(id: number): Owner {
    return this.#byId[id] as Owner
  }

  /** The owner of this name, who is made where there is none. */
  ensure(username: string): Owner {
    const known = this.#byName.get(username)
    if (known !== undefined) return known
    const owner = { id: this.#ids.take(), username, names: new SortedIds(), count: 0 }
    this.#byName.set(username, owner)
    this.#byId[owner.id] = owner
    return owner
  }

  /** Forgets an owner who offers nothing. */
  delete({ id, username }: Owner): void {
    this.#byName.delete(username)
    this.#byId[id] = undefined
    this.#ids.free(id)
  }
}
