import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Bitfield } from '../../../src/content/bitfield.js'
import { type PieceHolder, PieceScheduler } from '../../../src/peer/download/piece-scheduler.js'

/** A source that needs so many milliseconds for each piece that it was asked for. */
class Holder implements PieceHolder {
  readonly asked: number[] = []
  time: number
  isIdle = false

  constructor(time = 1_000) {
    this.time = time
  }

  eta(piece: number): number {
    if (this.isIdle) return Number.POSITIVE_INFINITY
    const at = this.asked.indexOf(piece)
    return this.time * (at < 0 ? this.asked.length + 1 : at + 1)
  }
}

const everything = (): boolean => true

function make(count: number): {
  done: Bitfield
  scheduler: PieceScheduler<Holder>
  take: (holder: Holder, mayShare?: boolean, has?: (piece: number) => boolean) => number | undefined
} {
  const done = new Bitfield(count)
  const scheduler = new PieceScheduler<Holder>(done)
  return {
    done,
    scheduler,
    take: (holder, mayShare = true, has = everything) => {
      const taken = scheduler.take(holder, has, mayShare)
      if (taken !== undefined) holder.asked.push(taken.piece)
      return taken?.piece
    },
  }
}

describe('the scheduler', () => {
  it('asks for each piece once, in order, and passes over what is there or cannot be had', () => {
    const { done, take } = make(6)
    done.add(1)
    const [one, two] = [new Holder(), new Holder()]
    expect(take(one)).toBe(0)
    expect(take(two, true, (piece) => piece > 2)).toBe(3)
    expect(take(two)).toBe(2)
    expect(take(one)).toBe(4)
    expect(take(one)).toBe(5)
  })

  it('asks a faster source for what a slower one would bring last, and for no piece a third', () => {
    const { scheduler, take } = make(3)
    const [slow, fast, third] = [new Holder(5_000), new Holder(100), new Holder(1)]
    expect([take(slow), take(slow), take(slow)]).toEqual([0, 1, 2])
    expect(scheduler.take(fast, everything, true)).toEqual({ piece: 2, isShared: true })
    expect(take(fast, false)).toBeUndefined()
    expect(take(third)).toBe(1)
    fast.asked.push(2)
    // Two bring it, and one of them soon.
    expect(take(third)).toBe(0)
    expect(take(third)).toBeUndefined()
    expect(scheduler.others(2, fast)).toEqual([slow])
  })

  it('asks no third, however slow the two are', () => {
    const { take } = make(1)
    const [one, two] = [new Holder(60_000), new Holder(5_000)]
    expect([take(one), take(two)]).toEqual([0, 0])
    expect(take(new Holder(1))).toBeUndefined()
    two.isIdle = true
    expect(take(new Holder(1))).toBe(0)
  })

  it('asks for nothing twice that comes soon anyway, or would come no sooner', () => {
    const { take } = make(1)
    const [one, two] = [new Holder(400), new Holder(390)]
    expect(take(one)).toBe(0)
    expect(take(two)).toBeUndefined()
    two.time = 10
    expect(take(two)).toBe(0)
  })

  it('counts on nobody from whom nothing is to be expected', () => {
    const { scheduler, take } = make(1)
    const holders = [1, 2, 3, 4].map(() => new Holder())
    for (const holder of holders) {
      expect(take(holder)).toBe(0)
      holder.isIdle = true
    }
    const good = new Holder()
    expect(take(good)).toBe(0)
    expect(scheduler.others(0, good)).toEqual(holders)
    expect(take(new Holder(1), true, () => false)).toBeUndefined()
  })

  it('gives a piece to others that was released, and to nobody when it is there', () => {
    const { done, scheduler, take } = make(2)
    const [one, two] = [new Holder(), new Holder()]
    expect(take(one)).toBe(0)
    scheduler.release(0, two)
    scheduler.release(0, one)
    expect(take(two)).toBe(0)
    done.add(0)
    scheduler.complete(0)
    expect(take(one)).toBe(1)
    scheduler.release(1, one)
    done.add(1)
    expect(take(one)).toBeUndefined()
    expect(scheduler.others(0, one)).toEqual([])
  })

  it('gets every piece, whatever sources come, go, stall and lie', () => {
    const event = fc.record({
      what: fc.constantFrom('take', 'take', 'take', 'bring', 'bring', 'lie', 'stall', 'go on', 'leave'),
      who: fc.nat(3),
      which: fc.nat(30),
    })
    const run = fc.tuple(fc.integer({ min: 1, max: 8 }), fc.array(event, { maxLength: 200 }))
    fc.assert(
      fc.property(run, ([count, events]) => {
        const { done, scheduler, take } = make(count)
        const holders = [300, 1_000, 5_000, 20_000].map((time) => new Holder(time))
        const drop = (holder: Holder, piece: number): void => {
          holder.asked.splice(holder.asked.indexOf(piece), 1)
        }
        const finish = (holder: Holder, piece: number): void => {
          for (const other of scheduler.others(piece, holder)) drop(other, piece)
          drop(holder, piece)
          done.add(piece)
          scheduler.complete(piece)
        }
        for (const { what, who, which } of events) {
          const holder = holders[who] as Holder
          const piece = holder.asked[which % Math.max(1, holder.asked.length)]
          if (what === 'take') {
            const before = new Set(holders.flatMap(({ asked }) => asked))
            const taken = scheduler.take(holder, everything, true)
            if (taken === undefined) continue
            expect(done.has(taken.piece)).toBe(false)
            expect(holder.asked).not.toContain(taken.piece)
            expect(taken.isShared).toBe(before.has(taken.piece))
            const live = scheduler.others(taken.piece, holder).filter(({ isIdle }) => !isIdle)
            expect(live.length).toBeLessThan(2)
            holder.asked.push(taken.piece)
          } else if (what === 'stall') holder.isIdle = true
          else if (what === 'go on') holder.isIdle = false
          else if (what === 'leave') {
            for (const each of holder.asked.splice(0)) scheduler.release(each, holder)
          } else if (piece !== undefined) {
            if (what === 'bring') finish(holder, piece)
            else {
              drop(holder, piece)
              scheduler.release(piece, holder)
            }
          }
        }
        // Now all stand still, and one comes that does what it should.
        for (const holder of holders) holder.isIdle = true
        const good = new Holder()
        for (let left = count - done.count; left > 0; left--) {
          const piece = take(good)
          expect(piece).toBeDefined()
          finish(good, piece as number)
        }
        expect(done.isComplete).toBe(true)
        expect(take(good)).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })
})
