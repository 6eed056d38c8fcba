import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAhead } from '../../../src/peer/download/read-ahead.js'
import { settle } from '../../helpers/manual-clock.js'

describe('reading ahead', () => {
  it('gives every item once and in order, whoever is the slower', async () => {
    const pause = fc.boolean()
    await fc.assert(
      fc.asyncProperty(
        fc.array(pause, { maxLength: 12 }),
        fc.infiniteStream(pause),
        async (before, after) => {
          async function* pages(): AsyncGenerator<number[]> {
            let page: number[] = []
            for (const [item, pauses] of before.entries()) {
              page.push(item)
              if (!pauses) continue
              await settle()
              yield page
              page = []
            }
            yield page
          }
          const taken: number[] = []
          const reader = readAhead(pages())
          for (let item = await reader.next(); item.done !== true; item = await reader.next()) {
            taken.push(item.value)
            if (after.next().value === true) await settle()
          }
          expect(taken).toEqual([...before.keys()])
        },
      ),
    )
  })

  it('comes to the end of the list though nobody takes the second item', async () => {
    let hasEnded = false
    async function* pages(): AsyncGenerator<number[]> {
      yield* [[1], [2], [3]]
      hasEnded = true
    }
    const reader = readAhead(pages())
    expect((await reader.next()).value).toBe(1)
    await settle()
    expect(hasEnded).toBe(true)
    expect((await reader.next()).value).toBe(2)
  })

  it('fails as the list does, behind what came before', async () => {
    async function* pages(): AsyncGenerator<number[]> {
      yield* [[1], [2]]
      throw new Error('no more')
    }
    const reader = readAhead(pages())
    expect((await reader.next()).value).toBe(1)
    await settle()
    expect((await reader.next()).value).toBe(2)
    await expect(reader.next()).rejects.toThrow('no more')
  })

  it('gives at once what is there, and each of many who wait one of what comes', async () => {
    async function* pages(): AsyncGenerator<number[]> {
      yield [1, 2]
      await settle()
      yield [3, 4, 5]
    }
    const reader = readAhead(pages())
    const waiting = [reader.next(), reader.next(), reader.next(), reader.next()]
    expect((await Promise.all(waiting)).map(({ value }) => value)).toEqual([1, 2, 3, 4])
    expect(reader.next()).toEqual({ done: false, value: 5 })
  })
})
