import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatTable } from '../../../src/cli/output/table.js'
import { pad, shorten, widthOf } from '../../../src/cli/output/width.js'

const COLUMNS = [
  { title: 'SIZE', align: 'right' },
  { title: 'NAME', shrinks: true },
] as const

describe('a table', () => {
  it('has its columns below each other, and no space at the end of a line', () => {
    expect(
      formatTable(
        COLUMNS,
        [
          ['12 B', 'a.txt'],
          ['1.5 GiB', ''],
        ],
        80,
      ),
    ).toEqual(['   SIZE  NAME', '   12 B  a.txt', '1.5 GiB'])
  })

  it('counts wide characters as two columns, and those that combine as none', () => {
    const columns = [{ title: 'NAME', shrinks: true }, { title: 'FOR' }]
    expect(
      formatTable(
        columns,
        [
          ['日本.txt', 'x'],
          ['e\u0301', 'y'],
          ['👩‍👩‍👧', 'z'],
        ],
        80,
      ),
    ).toEqual(['NAME      FOR', '日本.txt  x', 'e\u0301         y', '👩‍👩‍👧        z'])
  })

  it('shortens names in the middle where the terminal is narrow, and nothing else', () => {
    const name = 'talks/2024/a-very-long-keynote.mp4'
    expect(formatTable(COLUMNS, [['700.0 MiB', name]], 30)).toEqual([
      '     SIZE  NAME',
      '700.0 MiB  talks/202…ynote.mp4',
    ])
  })

  it('keeps some of the name on any terminal, and all of it where there is none', () => {
    const name = 'x'.repeat(300)
    expect(formatTable(COLUMNS, [['1 B', name]], 5)[1]).toBe(' 1 B  xxx…xxxx')
    expect(formatTable(COLUMNS, [['1 B', name]], Number.POSITIVE_INFINITY)[1]).toBe(` 1 B  ${name}`)
  })

  it('never is wider than the terminal', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '日', 'e\u0301', '👍🏽', '/') })
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), fc.integer({ min: 40, max: 100 }), (rows, width) => {
        const columns = [
          { title: 'A', shrinks: true },
          { title: 'B', shrinks: true },
        ]
        for (const line of formatTable(columns, rows, width)) expect(widthOf(line)).toBeLessThanOrEqual(width)
      }),
    )
  })
})

describe('a text that is too long', () => {
  it.each([
    ['abcdefgh', 8, 'abcdefgh'],
    ['abcdefgh', 5, 'ab…gh'],
    ['abcdefgh', 4, 'a…gh'],
    ['abcdefgh', 1, '…'],
    ['abcdefgh', 0, ''],
    ['日本語日本語', 5, '日…語'],
    ['日本語日本語', 6, '日…語'],
    ['e\u0301e\u0301e\u0301e\u0301', 3, 'e\u0301…e\u0301'],
  ])('%j in %i columns is %j', (text, width, expected) => {
    expect(shorten(text, width)).toBe(expected)
  })

  it('fits, and keeps both ends', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 })
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 40 }), (long, width) => {
        expect(widthOf(shorten(long, width))).toBeLessThanOrEqual(width)
      }),
    )
  })
})

it('a text is filled up by what it takes on the screen', () => {
  expect(pad('日本', 6)).toBe('日本  ')
  expect(pad('日本', 6, 'right')).toBe('  日本')
  expect(pad('long', 2)).toBe('long')
})
