import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BLOCK_BYTES, HASH_BYTES, hashBlocks } from '../../src/content/block-tree.js'
import { pieceHashOf } from '../../src/content/content.js'
import { ContentHasher } from '../../src/content/content-hasher.js'
import { ContentLayout } from '../../src/content/content-layout.js'
import { PieceHasher } from '../../src/content/piece-hasher.js'
import { patterned } from './naive-tree.js'

const bytesOf = (bytes: Buffer, layout: ContentLayout, piece: number): Buffer =>
  bytes.subarray(layout.pieceStart(piece), layout.pieceStart(piece) + layout.pieceLength(piece))

describe('a piece that arrives', () => {
  it.each([1, 16_384, 16_385, 49_153, 131_072, 131_073, 300_000, 524_288])(
    'of %i bytes has the hash that the piece layer says',
    (size) => {
      const bytes = patterned(size)
      const { pieces } = new ContentHasher().update(bytes).digest()
      const layout = new ContentLayout(size)
      for (let piece = 0; piece < layout.pieceCount; piece++) {
        const hasher = new PieceHasher(layout, piece).update(bytesOf(bytes, layout, piece))
        expect(hasher.digest()).toEqual(pieceHashOf(pieces, piece))
      }
    },
  )

  it('may come in parts of whole blocks', () => {
    const bytes = patterned(131_072 + 100_001)
    const layout = new ContentLayout(bytes.length)
    const { pieces } = new ContentHasher().update(bytes).digest()
    const parts = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(parts, fc.integer({ min: 0, max: 1 }), (blocks, piece) => {
        const part = bytesOf(bytes, layout, piece)
        const hasher = new PieceHasher(layout, piece)
        let at = 0
        for (const count of blocks) {
          hasher.update(part.subarray(at, at + count * 16_384))
          at = Math.min(part.length, at + count * 16_384)
          expect(hasher.received).toBe(at)
        }
        expect(hasher.isComplete).toBe(true)
        expect(hasher.matches(pieceHashOf(pieces, piece))).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('is refused with one bit wrong, and can come again', () => {
    const bytes = patterned(200_000)
    const layout = new ContentLayout(bytes.length)
    const { pieces } = new ContentHasher().update(bytes).digest()
    const wrong = Buffer.from(bytesOf(bytes, layout, 1))
    wrong[60_000] = (wrong[60_000] ?? 0) ^ 4
    const hasher = new PieceHasher(layout, 1)
    expect(hasher.update(wrong).matches(pieceHashOf(pieces, 1))).toBe(false)
    expect(hasher.update(bytesOf(bytes, layout, 1)).matches(pieceHashOf(pieces, 1))).toBe(true)
    hasher.update(wrong.subarray(0, 16_384)).reset()
    expect(hasher.update(bytesOf(bytes, layout, 1)).matches(pieceHashOf(pieces, 1))).toBe(true)
  })

  it('takes no bytes out of place', () => {
    const layout = new ContentLayout(200_000)
    const hasher = new PieceHasher(layout, 1)
    expect(() => hasher.update(Buffer.alloc(100))).toThrow(RangeError)
    expect(() => hasher.update(Buffer.alloc(81_920))).toThrow(RangeError)
    hasher.update(Buffer.alloc(65_536))
    expect(() => hasher.digest()).toThrow(RangeError)
    expect(() => hasher.update(Buffer.alloc(3_393))).toThrow(RangeError)
    hasher.update(Buffer.alloc(3_392))
    expect(() => new PieceHasher(layout, 2)).toThrow(RangeError)
    expect(() => pieceHashOf(Buffer.alloc(64), 2)).toThrow(RangeError)
  })
})

describe('hashes that were made elsewhere', () => {
  const layout = new ContentLayout(131_072 + 50_000)
  const bytes = patterned(layout.size)
  const { pieces } = new ContentHasher().update(bytes).digest()

  it('count as if the bytes had been hashed here', () => {
    for (const piece of [0, 1]) {
      const part = bytesOf(bytes, layout, piece)
      const hashes = Buffer.alloc(Math.ceil(part.length / BLOCK_BYTES) * HASH_BYTES)
      hashBlocks(part, hashes, 0)
      const hasher = new PieceHasher(layout, piece)
        .update(part.subarray(0, BLOCK_BYTES))
        .accept(hashes.subarray(HASH_BYTES), part.length - BLOCK_BYTES)
      expect(hasher.isComplete).toBe(true)
      expect(hasher.matches(pieceHashOf(pieces, piece))).toBe(true)
      hashes[40] = (hashes[40] as number) ^ 1
      expect(
        new PieceHasher(layout, piece).accept(hashes, part.length).matches(pieceHashOf(pieces, piece)),
      ).toBe(false)
    }
  })

  it.each([
    [1, 100],
    [9, 131_073],
  ])('%i of them are refused that are for no whole blocks, or too many', (count, length) => {
    const hasher = new PieceHasher(layout, 0)
    expect(() => hasher.accept(Buffer.alloc(count * HASH_BYTES), length)).toThrow(RangeError)
  })
})
