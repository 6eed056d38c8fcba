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
          async function* items(): AsyncGenerator<number> {
            for (const [item, pauses] of before.entries()) {
              if (pauses) await settle()
              yield item
            }
          }
          const taken: number[] = []
          for await (const item of readAhead(items())) {
            taken.push(item)
            if (after.next().value === true) await settle()
          }
          expect(taken).toEqual([...before.keys()])
        },
      ),
    )
  })

  it('comes to the end of the list though nobody takes the second item', async () => {
    let hasEnded = false
    async function* items(): AsyncGenerator<number> {
      yield* [1, 2, 3]
      hasEnded = true
    }
    const reader = readAhead(items())
    expect((await reader.next()).value).toBe(1)
    await settle()
    expect(hasEnded).toBe(true)
    expect((await reader.next()).value).toBe(2)
  })

  it('fails as the list does, behind what came before', async () => {
    async function* items(): AsyncGenerator<number> {
      yield* [1, 2]
      throw new Error('no more')
    }
    const reader = readAhead(items())
    expect((await reader.next()).value).toBe(1)
    await settle()
    expect((await reader.next()).value).toBe(2)
    await expect(reader.next()).rejects.toThrow('no more')
  })
})
