import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Bitfield } from '../../src/content/bitfield.js'

describe('a bitfield', () => {
  it('counts and finds pieces as a set does, and comes back from its bytes', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 69 })), { maxLength: 120 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), steps, fc.nat({ max: 75 }), (length, changes, from) => {
        const field = new Bitfield(length)
        const model = new Set<number>()
        for (const [isAdded, at] of changes) {
          const piece = at % length
          if (isAdded) expect(field.add(piece)).toBe(!model.has(piece) && model.add(piece) === model)
          else expect(field.delete(piece)).toBe(model.delete(piece))
          expect(field.has(piece)).toBe(isAdded)
        }
        const all = Array.from({ length }, (_, piece) => piece)
        expect(field.count).toBe(model.size)
        expect(field.isComplete).toBe(model.size === length)
        expect(field.nextMissing(from)).toBe(all.find((piece) => piece >= from && !model.has(piece)))

        const again = Bitfield.fromBytes(field.toBytes(), length)
        expect(again.count).toBe(model.size)
        expect(all.filter((piece) => again.has(piece))).toEqual(all.filter((piece) => model.has(piece)))
      }),
    )
  })

  it('has the first piece in the highest bit', () => {
    const field = new Bitfield(11)
    for (const piece of [0, 2, 9, 10]) field.add(piece)
    expect(field.toBytes().toString('hex')).toBe('a060')
    expect(Bitfield.full(11).toBytes().toString('hex')).toBe('ffe0')
    expect(Bitfield.full(11).isComplete).toBe(true)
    expect(new Bitfield(0)).toMatchObject({ count: 0, isComplete: true })
  })

  it('finds the one that is missing among many', () => {
    for (let piece = 0; piece < 70; piece++) {
      const field = Bitfield.full(70)
      field.delete(piece)
      expect(field.nextMissing()).toBe(piece)
      expect(field.nextMissing(piece + 1)).toBeUndefined()
    }
  })

  it('gives away a copy', () => {
    const field = new Bitfield(8)
    field.toBytes()[0] = 0xff
    expect(field.has(0)).toBe(false)
  })

  it.each([
    ['', 11],
    ['ff', 11],
    ['ffe000', 11],
    ['fff0', 11],
    ['ffe1', 11],
    ['00', 0],
  ])('is not what the bytes %j say of %i pieces', (hex, length) => {
    expect(() => Bitfield.fromBytes(Buffer.from(hex, 'hex'), length)).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_ERROR' }),
    )
  })

  it('knows no pieces out of bounds', () => {
    const field = new Bitfield(10)
    for (const piece of [-1, 10, 0.5, Number.NaN]) {
      expect(() => field.has(piece)).toThrow(RangeError)
      expect(() => field.add(piece)).toThrow(RangeError)
      expect(() => field.delete(piece)).toThrow(RangeError)
    }
    expect(() => new Bitfield(-1)).toThrow(RangeError)
    expect(field.nextMissing(10)).toBeUndefined()
  })
})
