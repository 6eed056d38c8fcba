import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quoteWhereNeeded } from '../../src/cli/completion.js'
import { counted, formatAge, formatBytes, printable, splitCommand } from '../../src/cli/text.js'

describe('an age', () => {
  it.each([
    [-5, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [7_199_999, '1 h'],
    [86_400_000 * 400, '400 d'],
  ])('of %i ms', (ms, shown) => {
    expect(formatAge(ms)).toBe(shown)
  })
})

describe('printable text', () => {
  it.each([
    ['plain, Käse, 日本, 🎵', 'plain, Käse, 日本, 🎵'],
    ['\x1b[2Jgone', '\\u001b[2Jgone'],
    ['two\nlines\r', 'two\\u000alines\\u000d'],
    ['\u009b31m \u2028 \x7f', '\\u009b31m \\u2028 \\u007f'],
  ])('of %j is %j', (text, expected) => {
    expect(printable(text)).toBe(expected)
  })

  it('never moves the cursor', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u)
      }),
    )
  })
})

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1_572_864, '1.5 MiB'],
  [2 ** 40, '1.0 TiB'],
  [2 ** 50, '1024.0 TiB'],
])('shows %d bytes as %s', (bytes, expected) => {
  expect(formatBytes(bytes)).toBe(expected)
})

it('counts in the right number', () => {
  expect([0, 1, 2].map((count) => counted(count, 'file', 'files'))).toEqual(['0 files', '1 file', '2 files'])
})

describe('a command line', () => {
  it.each<[string, string[]]>([
    ['', []],
    ['  \t ', []],
    ['get a.txt', ['get', 'a.txt']],
    ['  get   a.txt  ', ['get', 'a.txt']],
    ['get "two words"', ['get', 'two words']],
    ["get 'two words'", ['get', 'two words']],
    ['get two\\ words', ['get', 'two words']],
    ['get ""', ['get', '']],
    [`get "it's"`, ['get', "it's"]],
    ['get "a \\" b"', ['get', 'a " b']],
    ["get 'a\\b'", ['get', 'a\\b']],
    ['get a" b "c', ['get', 'a b c']],
  ])('%j is split as a shell does', (line, words) => {
    expect(splitCommand(line)).toEqual(words)
  })

  it.each(['get "open', "get 'open", 'get open\\'])('%j is not finished', (line) => {
    expect(splitCommand(line)).toBeUndefined()
  })

  it('gives back any word that was quoted where needed', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, unit: 'binary' })), (words) => {
        expect(splitCommand(words.map(quoteWhereNeeded).join(' '))).toEqual(words)
      }),
    )
  })
})
