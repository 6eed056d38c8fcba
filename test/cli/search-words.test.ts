import { describe, expect, it } from 'vitest'
import { parseSearchWords, tableOf } from '../../src/cli/search-words.js'

const NOW = new Date(10 * 86_400_000)

describe('the words behind sch', () => {
  it.each([
    [['report'], { query: 'report', options: { matchCase: true }, long: false }],
    [[''], { query: '', options: { matchCase: true }, long: false }],
    [['--odd'], { query: '--odd', options: { matchCase: true }, long: false }],
    [['report', '--long'], { query: 'report', options: { matchCase: true }, long: true }],
    [['final', 'report'], { query: 'final report', options: {}, long: false }],
    [['--ext', 'mp4'], { query: '', options: { extension: 'mp4' }, long: false }],
    [
      ['a', '--match-case', '--offline'],
      { query: 'a', options: { matchCase: true, includeOffline: true }, long: false },
    ],
    [
      ['a', '--glob', 'x/**', '--min-size', '1.5k', '--max-size', '10MiB', '--from', 'yoda', '--root', 'R'],
      {
        query: 'a',
        options: { glob: 'x/**', minSize: 1536, maxSize: 10_485_760, from: 'yoda', root: 'R' },
        long: false,
      },
    ],
    [
      ['--newer', '7d', '--order', 'size', '--max-size', '2T'],
      {
        query: '',
        options: { publishedAfter: new Date(3 * 86_400_000), order: 'size', maxSize: 2 ** 41 },
        long: false,
      },
    ],
  ])('%j', (words, expected) => {
    expect(parseSearchWords(words, NOW)).toEqual(expected)
  })

  it.each([
    [[], 'It needs a text, or an option that says what to look for.'],
    [['--long'], 'It needs a text, or an option that says what to look for.'],
    [['a', '--glob'], '--glob needs a pattern, such as "talks/**/*.mp4".'],
    [['a', '--min-size', '10X'], '--min-size needs a size, such as 10M.'],
    [['a', '--max-size', '-1'], '--max-size needs a size, such as 10M.'],
    [['a', '--newer', '7'], '--newer needs an age, such as 7d; there are s, m, h, d and w.'],
    [['a', '--newer', '99w'], '--newer needs an age, such as 7d; there are s, m, h, d and w.'],
    [['a', '--order', 'age'], '--order needs name, size, newest, sources.'],
    [['a', '--lng'], 'There is no option "--lng".'],
    [['--lng', '--offline'], 'There is no option "--lng".'],
  ])('%j is refused', (words, hint) => {
    expect(() => parseSearchWords(words, NOW)).toThrow(
      `Usage: sch TEXT... [OPTION]... ${hint} The options are --glob, --min-size,`,
    )
  })
})

describe('hits as a table', () => {
  it('stand in columns, the names last and safe to show', () => {
    const hit = (age: number) => new Date(NOW.getTime() - age)
    expect(
      tableOf(
        [
          { name: 'a.txt', size: 12, sources: 3, publishedAt: hit(90_000) },
          { name: 'b\u001b.mp4', size: 1536 * 1024 ** 2, sources: 12, publishedAt: hit(86_400_000 * 3) },
          { name: 'classic' },
        ],
        NOW,
      ),
    ).toEqual([
      '   SIZE  SOURCES    AGE  NAME',
      '   12 B        3  1 min  a.txt',
      '1.5 GiB       12    3 d  b\\u001b.mp4',
      '      ?        ?      ?  classic',
    ])
  })
})
