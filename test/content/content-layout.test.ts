import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ContentLayout, MAX_CONTENT_BYTES, MAX_CONTENT_PIECES } from '../../src/content/content-layout.js'

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

describe('the layout of a content', () => {
  it.each([
    [0, 128 * KiB, 0],
    [1, 128 * KiB, 1],
    [128 * KiB, 128 * KiB, 1],
    [128 * KiB + 1, 128 * KiB, 2],
    [256 * MiB, 128 * KiB, 2048],
    [256 * MiB + 1, 256 * KiB, 1025],
    [32 * GiB, 16 * MiB, 2048],
    [32 * GiB + 1, 16 * MiB, 2049],
    [MAX_CONTENT_BYTES, 16 * MiB, MAX_CONTENT_PIECES],
  ])('of %i bytes has pieces of %i, %i of them', (size, pieceSize, pieceCount) => {
    expect(new ContentLayout(size)).toMatchObject({ size, pieceSize, pieceCount })
  })

  it('covers every byte once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 * GiB }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (size, at) => {
          const layout = new ContentLayout(size)
          const last = layout.pieceCount - 1
          expect(layout.pieceStart(last) + layout.pieceLength(last)).toBe(size)
          const position = Math.min(size - 1, Math.floor(at * size))
          const piece = layout.pieceAt(position)
          expect(position - layout.pieceStart(piece)).toBeGreaterThanOrEqual(0)
          expect(position - layout.pieceStart(piece)).toBeLessThan(layout.pieceLength(piece))
        },
      ),
    )
  })

  it('gives an only piece a tree of its own height', () => {
    expect(new ContentLayout(1).levelOf(0)).toBe(0)
    expect(new ContentLayout(16 * KiB + 1).levelOf(0)).toBe(1)
    expect(new ContentLayout(48 * KiB).levelOf(0)).toBe(2)
    expect(new ContentLayout(128 * KiB + 1).levelOf(1)).toBe(3)
  })

  it('knows no other sizes and no other pieces', () => {
    for (const size of [-1, 0.5, Number.NaN, MAX_CONTENT_BYTES + 1]) {
      expect(ContentLayout.isSize(size)).toBe(false)
      expect(() => new ContentLayout(size)).toThrow(RangeError)
    }
    const layout = new ContentLayout(300_000)
    for (const piece of [-1, 3, 0.5, Number.NaN]) {
      expect(() => layout.pieceStart(piece)).toThrow(RangeError)
      expect(() => layout.pieceLength(piece)).toThrow(RangeError)
    }
    expect(() => layout.pieceAt(393_216)).toThrow(RangeError)
    expect(() => new ContentLayout(0).pieceLength(0)).toThrow(RangeError)
  })
})
