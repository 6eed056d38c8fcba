import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MAX_RANK, RankSorter } from '../../../src/server/catalogue/rank-sorter.js'

const sorter = new RankSorter()

function sorted(ranks: readonly number[]): { id: number; rank: number }[] {
  sorter.reset()
  for (const [at, rank] of ranks.entries()) sorter.add(at + 1, rank)
  sorter.sort()
  return Array.from({ length: sorter.count }, (_, at) => ({ id: sorter.id(at), rank: sorter.rank(at) }))
}

const inOrder = (ranks: readonly number[]) =>
  ranks.map((rank, at) => ({ id: at + 1, rank })).sort((a, b) => a.rank - b.rank)

it('ids come in the order of their ranks, with their ranks', () => {
  const rank = fc.oneof(
    fc.nat(100),
    fc.maxSafeInteger().map((number) => Math.abs(number) % MAX_RANK),
    fc.nat(100).map((number) => MAX_RANK - 1 - number),
  )
  fc.assert(
    fc.property(fc.array(rank), (ranks) => {
      expect(sorted(ranks)).toEqual(inOrder(ranks))
    }),
  )
})

it('as many as there is room for', () => {
  const ranks = Array.from({ length: RankSorter.most }, (_, at) => (at * 7_654_321_987) % MAX_RANK)
  expect(sorted(ranks)).toEqual(inOrder(ranks))
  expect(sorter.rank(RankSorter.most)).toBe(Number.POSITIVE_INFINITY)
})
