import { describe, expect, it } from 'vitest'
import { eachInFlight } from '../../src/peer/in-flight.js'
import { settle } from '../helpers/manual-clock.js'

/** Work that ends when a test says so. */
class Bench {
  readonly begun: number[] = []
  readonly #ends = new Map<number, { resolve: () => void; reject: (error: Error) => void }>()

  readonly work = (item: number): Promise<void> => {
    this.begun.push(item)
    return new Promise((resolve, reject) => this.#ends.set(item, { resolve, reject }))
  }

  async end(item: number, error?: Error): Promise<void> {
    const end = this.#ends.get(item)
    if (error === undefined) end?.resolve()
    else end?.reject(error)
    await settle()
  }
}

async function* later(items: readonly number[]): AsyncGenerator<number> {
  for (const item of items) {
    await settle()
    yield item
  }
}

describe('work in flight', () => {
  it.each([
    ['a list', (items: number[]) => items],
    ['what comes by and by', later],
  ])('is done for each of %s once, so many at a time and in their order', async (_what, make) => {
    const bench = new Bench()
    const done = eachInFlight(make([1, 2, 3, 4, 5]), 2, bench.work)
    await settle()
    await settle()
    await settle()
    expect(bench.begun).toEqual([1, 2])
    await bench.end(2)
    await settle()
    expect(bench.begun).toEqual([1, 2, 3])
    for (const item of [1, 3, 4, 5]) {
      await bench.end(item)
      await settle()
    }
    expect(bench.begun).toEqual([1, 2, 3, 4, 5])
    await done
  })

  it('rejects with the first failure when all that had begun is over, and begins nothing more', async () => {
    const bench = new Bench()
    let outcome = 'pending'
    const done = eachInFlight([1, 2, 3, 4], 2, bench.work).catch((error: Error) => {
      outcome = error.message
    })
    await settle()
    await bench.end(1, new Error('first'))
    expect(outcome).toBe('pending')
    await bench.end(2, new Error('second'))
    await done
    expect(outcome).toBe('first')
    expect(bench.begun).toEqual([1, 2])
  })

  it('does not begin what came after a failure, though it was waited for before', async () => {
    const bench = new Bench()
    const done = eachInFlight(later([1, 2, 3]), 3, async (item) => {
      bench.begun.push(item)
      throw new Error(`${item}`)
    })
    await expect(done).rejects.toThrow('1')
    expect(bench.begun).toEqual([1])
  })

  it('fails with the list', async () => {
    async function* broken(): AsyncGenerator<number> {
      yield 1
      throw new Error('no more')
    }
    const seen: number[] = []
    const done = eachInFlight(broken(), 4, async (item) => seen.push(item))
    await expect(done).rejects.toThrow('no more')
    expect(seen).toEqual([1])
  })

  it('is done at once when there is nothing to do', () =>
    eachInFlight([], 3, () => Promise.reject(new Error('never'))))
})
