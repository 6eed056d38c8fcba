import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { Column } from '../../../src/server/catalogue/column.js'
import { NameOrder } from '../../../src/server/catalogue/name-order.js'

const makeOrder = () => new NameOrder({ added: () => {}, removed: () => {} })

/** The names in order, and what keeps their order. */
class Names {
  readonly order = makeOrder()
  readonly #keys: number[] = []

  /** Ids are numbers in the order of insertion; the order is that of their keys. */
  insert(key: number): void {
    const id = this.#keys.push(key) - 1
    const place = this.order.find((other) => (this.#keys[other] as number) < key)
    this.order.insert(place, id)
  }

  /** Whether ranks go up as keys do. */
  isRight(): boolean {
    const ids = this.#keys
      .map((_, id) => id)
      .sort((a, b) => (this.#keys[a] as number) - (this.#keys[b] as number))
    return ids.every((id, at) => at === 0 || this.order.rank(ids[at - 1] as number) < this.order.rank(id))
  }
}

/** Keys in an order of insertion that crowds them at so many spots. */
function crowded(count: number, spots: number): number[] {
  return Array.from({ length: count }, (_, at) => (at % spots) + 0.5 / (at + 1))
}

describe('names in order', () => {
  it('have ranks that go up, wherever they are put', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer(), { maxLength: 400 }), (keys) => {
        const names = new Names()
        for (const key of keys) names.insert(key)
        expect(names.isRight()).toBe(true)
      }),
    )
  })

  it.each([1, 2])('are ranked anew some ten times each, where they crowd at spots: %i', (spots) => {
    const names = new Names()
    const count = 30_000
    const ranked = vi.spyOn(Column.prototype, 'set')
    for (const key of crowded(count, spots)) names.insert(key)
    const all = ranked.mock.calls.length
    ranked.mockRestore()
    expect(names.isRight()).toBe(true)
    expect(all / count).toBeLessThan(15)
  })
})
