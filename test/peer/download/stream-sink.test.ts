import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ContentLayout } from '../../../src/content/content-layout.js'
import { StreamSink } from '../../../src/peer/download/stream-sink.js'
import { patterned } from '../../content/naive-tree.js'

const PIECE = 131_072

/** Brings a piece in two writes, the second first. */
async function bring(sink: StreamSink, bytes: Buffer, piece: number): Promise<void> {
  const [start, end] = [piece * PIECE, Math.min(bytes.length, (piece + 1) * PIECE)]
  const middle = start + Math.floor((end - start) / 2)
  await sink.write(bytes.subarray(middle, end), middle)
  await sink.write(bytes.subarray(start, middle), start)
  await sink.add(piece)
}

describe('a stream sink', () => {
  it('gives the bytes of any range in order, in whatever order the pieces come', () => {
    const bytes = patterned(4 * PIECE + 1234)
    const layout = new ContentLayout(bytes.length)
    const range = fc.tuple(fc.nat(bytes.length), fc.nat(bytes.length))
    const order = fc.infiniteStream(fc.nat(100))
    return fc.assert(
      fc.asyncProperty(range, order, fc.integer({ min: 1, max: 300_000 }), async (cuts, picks, most) => {
        const [start = 0, end = 0] = [...cuts].sort((a, b) => a - b)
        let added = 0
        const sink = new StreamSink(layout, { start, end }, () => added++)
        const read: Buffer[] = []
        for (const pick of picks) {
          for (let part = sink.read(most); part !== undefined; part = sink.read(most)) {
            expect(part.length).toBeLessThanOrEqual(most)
            read.push(Buffer.from(part))
          }
          if (sink.isRead) break
          const missing = [...Array(layout.pieceCount).keys()].filter((piece) => !sink.pieces.has(piece))
          await bring(sink, bytes, missing[pick % missing.length] as number)
        }
        expect(Buffer.concat(read).equals(bytes.subarray(start, end))).toBe(true)
        // And nothing that nobody reads.
        const needed = start === end ? 0 : layout.pieceAt(end - 1) - layout.pieceAt(start) + 1
        expect(added).toBe(needed)
      }),
      { numRuns: 40 },
    )
  })

  it('wants pieces that are near, and more when one was read', async () => {
    const bytes = patterned(100 * PIECE)
    const sink = new StreamSink(new ContentLayout(bytes.length), { start: 10, end: bytes.length }, () => {})
    let room = 0
    sink.listen(() => room++)
    expect([sink.wants(63), sink.wants(64), sink.isFull]).toEqual([true, false, false])
    for (let piece = 0; piece < 64; piece++) await bring(sink, bytes, piece)
    expect(sink.isFull).toBe(true)
    sink.read(1000)
    expect([room, sink.isFull]).toEqual([0, true])
    expect(sink.read(PIECE)).toHaveLength(PIECE - 1010)
    expect([room, sink.isFull, sink.wants(64), sink.wants(65)]).toEqual([1, false, true, false])
  })

  it('holds two of the largest pieces', () => {
    const layout = new ContentLayout(2 ** 35)
    const sink = new StreamSink(layout, { start: 0, end: layout.size }, () => {})
    expect(layout.pieceSize).toBe(2 ** 24)
    expect([sink.wants(1), sink.wants(2)]).toEqual([true, false])
  })

  it('has nothing to give of no bytes', () => {
    const sink = new StreamSink(new ContentLayout(0), { start: 0, end: 0 }, () => {})
    expect([sink.isRead, sink.read(10), sink.pieces.isComplete]).toEqual([true, undefined, true])
  })
})
