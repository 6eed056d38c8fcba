import { expect, it } from 'vitest'
import { GramLists } from '../../../src/server/catalogue/gram-lists.js'
import { SeededRandom } from '../../helpers/lossy-network.js'

const random = new SeededRandom(1)

/** Lists of ids that have the ranks of this map; those that have none are gone. */
function ranked() {
  const ranks = new Map<number, number>()
  const lists = new GramLists((id) => ranks.get(id) ?? 0)
  let id = 0
  const add = (grams: readonly number[]): void => {
    ranks.set(++id, 1 + Math.floor(random.fraction() * 2 ** 49))
    lists.beginName()
    for (const gram of grams) lists.add(gram, id, false)
  }
  return { ranks, lists, add }
}

it('a list that was sorted has all ids in order, and nobody who is gone', () => {
  const { ranks, lists, add } = ranked()
  let sorts = 0
  for (let at = 1, before = 0; at < 20_000; at++) {
    add([7])
    if (at % 5 === 0) ranks.delete(1 + Math.floor(random.fraction() * at))
    const sorted = lists.sortedCount(7)
    if (sorted !== before && ++sorts > 0) {
      const expected = [...ranks].sort(([, a], [, b]) => a - b).map(([id]) => id)
      const ids = lists.ids(7).flatMap((block) => [...block])
      // Whoever went in this turn did so after it was sorted.
      expect(ids.filter((id) => ranks.has(id))).toEqual(expected)
      expect(ids.length - expected.length).toBeLessThan(2)
      expect(sorted).toBe(ids.length)
    }
    before = sorted
  }
  expect(sorts).toBeGreaterThan(2)
})

it('lists that grow together are sorted one after the other', () => {
  const { lists, add } = ranked()
  const grams = Array.from({ length: 20 }, (_, at) => at)
  const sorted = (): number => grams.filter((gram) => lists.sortedCount(gram) > 0).length
  let most = 0
  let names = 0
  for (let before = 0; before < grams.length; names++) {
    add(grams)
    const now = sorted()
    most = Math.max(most, now - before)
    before = now
  }
  expect(most).toBe(1)
  expect(names).toBeLessThan(4_000)
})
