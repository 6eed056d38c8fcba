import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SortedNames } from '../../../src/server/catalogue/sorted-names.js'

/** So many names that they fill several runs, in an order that is neither theirs nor the reverse. */
const many = Array.from(
  { length: 5000 },
  (_, index) => `n${((index * 2_654_435_761) % 2 ** 32).toString(36)}`,
)

describe('sorted names', () => {
  it('are what a sorted list would be, whatever comes and goes in between', () => {
    const name = fc.string({ maxLength: 2, unit: fc.constantFrom('a', 'b', '/', '\uffff', '\u{1f600}') })
    const change = fc.record({ add: fc.boolean(), name })
    const range = fc.record({ prefix: name, after: name, limit: fc.nat(5) }, { requiredKeys: [] })
    fc.assert(
      fc.property(fc.array(fc.oneof(change, range), { maxLength: 80, size: 'max' }), (steps) => {
        const names = new SortedNames()
        const model = new Set<string>()
        for (const step of steps) {
          if ('add' in step) {
            const { add, name } = step
            expect(add ? names.add(name) : names.delete(name)).toBe(add !== model.has(name))
            if (add) model.add(name)
            else model.delete(name)
          } else {
            const { prefix = '', after, limit } = step
            const expected = [...model].sort().filter((known) => {
              return known.startsWith(prefix) && (after === undefined || known > after)
            })
            expect(names.select(step)).toEqual(expected.slice(0, limit))
          }
        }
      }),
    )
  })

  it.each([
    ['in no order', many],
    ['in order', [...many].sort()],
    ['in reverse', [...many].sort().reverse()],
  ])('stay in order when thousands come %s, and when most of them go again', (_order, coming) => {
    const names = new SortedNames()
    expect(coming.filter((name) => !names.add(name))).toEqual([])
    expect(coming.filter((name) => names.add(name))).toEqual([])
    const sorted = [...many].sort()
    expect(names.select({})).toEqual(sorted)
    for (let index = 0; index < sorted.length; index += 97) {
      const after = sorted[index] as string
      expect(names.select({ after, limit: 3 })).toEqual(sorted.slice(index + 1, index + 4))
    }
    const left = sorted.filter((_, index) => index % 300 === 0)
    const going = coming.filter((name) => !left.includes(name))
    expect(going.filter((name) => !names.delete(name))).toEqual([])
    expect(names.select({})).toEqual(left)
    for (const name of left) names.delete(name)
    expect(names.select({})).toEqual([])
    expect(names.delete('n')).toBe(false)
  })

  it('are read from the first that can match to the last that is wanted, and no further', () => {
    const names = new SortedNames()
    for (const name of many) names.add(name)
    const seen: string[] = []
    const found = names.select({ prefix: 'n1', limit: 4 }, (name) => {
      seen.push(name)
      return seen.length % 2 === 0
    })
    const below = [...many].sort().filter((name) => name.startsWith('n1'))
    expect(seen).toEqual(below.slice(0, 8))
    expect(found).toHaveLength(4)
    seen.length = 0
    names.select({ prefix: 'n1' }, (name) => seen.push(name) < 0)
    expect(seen).toEqual(below)
  })
})
