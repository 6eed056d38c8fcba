import { beforeEach, describe, expect, it } from 'vitest'
import type { WholePiece } from '../../../src/peer/download/asked-pieces.js'
import { PieceCollection } from '../../../src/peer/download/piece-collection.js'
import type { PieceHolder } from '../../../src/peer/download/piece-scheduler.js'
import { TestContent } from '../../helpers/hostile-source.js'
import { settle } from '../../helpers/manual-clock.js'
import { MemorySink } from './memory-sink.js'

const served = new TestContent(300_000)
const { layout } = served
const { signal } = new AbortController()

/** A source from which nothing is to be expected, so that others may always be asked too. */
class Source implements PieceHolder {
  readonly cancelled: number[] = []
  /** What is still being written of it. */
  writing: Promise<void> = Promise.resolve()
  eta = (): number => Number.POSITIVE_INFINITY

  async cancel(piece: number): Promise<void> {
    this.cancelled.push(piece)
    await this.writing
  }
}

let sink: MemorySink
let collection: PieceCollection<Source>
let steps: string[]
beforeEach(async () => {
  sink = new MemorySink(layout)
  collection = new PieceCollection(sink, layout)
  steps = []
})

const everything = (): boolean => true
const bring = (piece: number, isRight = true): WholePiece => ({
  piece,
  verify: async (hash) => isRight && hash.equals(served.content.pieces.subarray(32 * piece, 32 * piece + 32)),
  commit: async () => {
    steps.push('committed')
  },
  settled: async () => {},
})

describe('the collection of pieces', () => {
  it('asks for nothing before the hashes are known, and what was there is right', async () => {
    const source = new Source()
    expect(collection.take(source, everything, true)).toBeUndefined()
    sink.isChecked = false
    sink.onCheck = async () => {
      expect(collection.take(source, everything, true)).toBeUndefined()
      steps.push('checked')
    }
    await collection.begin(served.content.pieces, signal)
    expect(steps).toEqual(['checked'])
    expect(collection.take(source, everything, true)).toEqual({ piece: 0, isShared: false })
    sink.pieces.add(2)
    expect(collection.bytes).toBe(layout.pieceLength(2))
  })

  it('counts a piece once it is verified and kept, and nobody else writes it', async () => {
    await collection.begin(served.content.pieces, signal)
    const [one, two] = [new Source(), new Source()]
    let isWritten = (): void => {}
    one.writing = new Promise((resolve) => (isWritten = resolve))
    collection.take(one, everything, true)
    expect(collection.take(two, (piece) => piece === 0, true)).toEqual({ piece: 0, isShared: true })
    const received = collection.receive(two, bring(0), signal)
    await settle()
    expect([one.cancelled, two.cancelled, steps, sink.pieces.has(0)]).toEqual([[0], [], [], false])
    isWritten()
    expect(await received).toBe('right')
    expect([steps, sink.pieces.has(0)]).toEqual([['committed'], true])
  })

  it('takes the second of two that are right for too late', async () => {
    await collection.begin(served.content.pieces, signal)
    const [one, two] = [new Source(), new Source()]
    for (const source of [one, two]) collection.take(source, (piece) => piece === 0, true)
    const outcomes = [collection.receive(one, bring(0), signal), collection.receive(two, bring(0), signal)]
    expect(await Promise.all(outcomes)).toEqual(['right', 'late'])
    expect(await collection.receive(two, bring(0), signal)).toBe('late')
    expect(steps).toEqual(['committed'])
  })

  it('gives a piece that is wrong to others, as if it had never been asked for', async () => {
    await collection.begin(served.content.pieces, signal)
    const [one, two] = [new Source(), new Source()]
    collection.take(one, everything, true)
    expect(await collection.receive(one, bring(0, false), signal)).toBe('wrong')
    expect(sink.pieces.has(0)).toBe(false)
    expect(collection.take(two, everything, true)).toEqual({ piece: 0, isShared: false })
  })

  it('takes nothing any more when it was given up, and is idle when all is kept', async () => {
    await collection.begin(served.content.pieces, signal)
    const [one, two] = [new Source(), new Source()]
    collection.take(one, everything, true)
    collection.take(two, everything, true)
    const giveUp = new AbortController()
    const late = collection.receive(one, bring(0), giveUp.signal)
    giveUp.abort(new Error('enough'))
    await expect(late).rejects.toThrow('enough')
    let isKept = (): void => {}
    sink.add = async () => new Promise((resolve) => (isKept = resolve))
    void collection.receive(two, bring(1), signal)
    let isIdle = false
    const idle = collection.idle().then(() => {
      isIdle = true
    })
    await settle()
    expect(isIdle).toBe(false)
    isKept()
    await idle
  })
})
