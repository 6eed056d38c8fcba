import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collect, itemsOf, type ListAnswer, readPages } from '../../src/peer/pages.js'
import type { PageRequest } from '../../src/wire/messages.js'

/** An index that hands out a sorted list, so many items a page. */
function listOf(items: readonly string[], size: number, omitted = 0) {
  const asked: PageRequest[] = []
  const ask = async (page: PageRequest): Promise<ListAnswer<string>> => {
    asked.push(page)
    const left = items.filter((item) => page.after === undefined || item > page.after)
    return { reply: { items: left.slice(0, size), more: left.length > size }, omitted }
  }
  return { asked, ask }
}

const read = (ask: (page: PageRequest) => Promise<ListAnswer<string>>, omissions: number[] = []) =>
  itemsOf(readPages({ ask, keyOf: (item) => item, onOmitted: (count) => omissions.push(count) }))

describe('a list in pages', () => {
  it('is read whole, in order, each item once, whatever the size of a page', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 50 }),
        async (names, size) => {
          const sorted = names.toSorted((a, b) => (a < b ? -1 : 1))
          const { ask, asked } = listOf(sorted, size)
          expect(await collect(read(ask))).toEqual(sorted)
          expect(asked).toHaveLength(Math.max(1, Math.ceil(sorted.length / size)))
        },
      ),
    )
  })

  it('asks for no page that nobody wants', async () => {
    const { ask, asked } = listOf(['a', 'b', 'c', 'd'], 2)
    for await (const item of read(ask)) if (item === 'b') break
    expect(asked).toEqual([{}])
  })

  it('asks behind the last item of the page before', async () => {
    const { ask, asked } = listOf(['a', 'b', 'c', 'd', 'e'], 2)
    await collect(read(ask))
    expect(asked).toEqual([{}, { after: 'b' }, { after: 'd' }])
  })

  it('tells what is missing for good, and says nothing when nothing is', async () => {
    const omissions: number[] = []
    await collect(read(listOf(['a'], 1, 3).ask, omissions))
    await collect(read(listOf(['a'], 1).ask, omissions))
    expect(omissions).toEqual([3])
  })

  it('does not go round in circles when an index promises more and sends nothing', async () => {
    let asked = 0
    const ask = async (): Promise<ListAnswer<string>> => {
      asked += 1
      if (asked > 1) throw new Error('asked again')
      return { reply: { items: [], more: true }, omitted: 0 }
    }
    expect(await collect(read(ask))).toEqual([])
    expect(asked).toBe(1)
  })

  it.each<[string, (asked: number) => string[]]>([
    ['comes again', () => ['a', 'b']],
    [
      'goes back',
      (asked) =>
        [
          ['c', 'd'],
          ['a', 'b'],
        ][asked] ?? [],
    ],
  ])('fails where a page %s', async (_what, itemsOf) => {
    let asked = 0
    const ask = async (): Promise<ListAnswer<string>> => ({
      reply: { items: itemsOf(asked++), more: true },
      omitted: 0,
    })
    await expect(collect(read(ask))).rejects.toMatchObject({ code: 'INVALID_REPLY' })
    expect(asked).toBe(2)
  })

  it('in an order of its own fails where a value goes up, or a name goes back beside the same', async () => {
    const pages = (all: readonly [name: string, value: number][]) => {
      let asked = 0
      const ask = async (): Promise<ListAnswer<[string, number]>> => ({
        reply: { items: [all[asked++] as [string, number]], more: asked < all.length },
        omitted: 0,
      })
      const rankOf = ([, value]: [string, number]): number => value
      return collect(readPages({ ask, keyOf: ([name]) => name, rankOf, onOmitted: () => {} }))
    }
    expect(
      await pages([
        ['b', 3],
        ['c', 3],
        ['a', 2],
        ['b', 0],
      ]),
    ).toHaveLength(4)
    await expect(
      pages([
        ['b', 3],
        ['c', 4],
        ['d', 4],
      ]),
    ).rejects.toMatchObject({ code: 'INVALID_REPLY' })
    await expect(
      pages([
        ['b', 3],
        ['a', 3],
        ['d', 1],
      ]),
    ).rejects.toMatchObject({ code: 'INVALID_REPLY' })
  })

  it('is not kept whole when it is longer than any could be', async () => {
    const endless = async (page: PageRequest): Promise<ListAnswer<string>> => {
      const at = Number(page.after ?? 10_000) + 1
      return { reply: { items: [`${at}`], more: true }, omitted: 0 }
    }
    await expect(collect(read(endless), 100)).rejects.toMatchObject({ code: 'INVALID_REPLY' })
  })

  it('fails where a page fails, after the items before it', async () => {
    const seen: string[] = []
    const ask = async (page: PageRequest): Promise<ListAnswer<string>> => {
      if (page.after !== undefined) throw new Error('index lost')
      return { reply: { items: ['a', 'b'], more: true }, omitted: 0 }
    }
    const reading = (async () => {
      for await (const item of read(ask)) seen.push(item)
    })()
    await expect(reading).rejects.toThrow('index lost')
    expect(seen).toEqual(['a', 'b'])
  })
})
