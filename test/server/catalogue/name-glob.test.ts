import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NameGlob } from '../../../src/server/catalogue/name-glob.js'

/** What a pattern means, as an expression: slow where it is hostile, and plain to read. */
function naive(pattern: string): RegExp {
  const source = pattern
    .split(/((?<=^|\/)\*\*+\/|\*+|\?)/u)
    .map((part, at) => {
      if (at % 2 === 0) return part.replace(/[.+^${}()|[\]\\]/g, '\\$&')
      if (part === '?') return '[^/]'
      if (part === '*') return '[^/]*'
      return part.endsWith('/') ? '(?:[^/]+/)*' : '.*'
    })
    .join('')
  return new RegExp(`^${source}$`, 'su')
}

const fits = (pattern: string, name: string, matchCase = true): boolean =>
  new NameGlob(pattern, matchCase).matches(name)

describe('a pattern for names', () => {
  it.each([
    ['photos/**/*.jpg', ['photos/a.jpg', 'photos/x/y/a.jpg'], ['photos/a.png', 'old photos/a.jpg', 'photos']],
    ['*.jpg', ['a.jpg', '.jpg'], ['x/a.jpg', 'a.jpg.part', 'A.JPG']],
    ['**/a', ['a', 'x/a', 'x/y/a'], ['xa', 'x/ya', 'a/b']],
    ['a/**', ['a/b', 'a/b/c'], ['a', 'ab/c']],
    ['a**z', ['az', 'a/b/z'], ['a/b']],
    ['?', ['x', '😀'], ['', 'xy', '/']],
    ['[a]{b}.+', ['[a]{b}.+'], ['a', 'b']],
  ])('%s', (pattern, fitting, others) => {
    for (const name of fitting) expect([name, fits(pattern, name)]).toEqual([name, true])
    for (const name of others) expect([name, fits(pattern, name)]).toEqual([name, false])
  })

  it('takes capitals for small letters where they do not count', () => {
    expect(fits('ÜB*.JPG', 'übung.Jpg', false)).toBe(true)
    expect(fits('ÜB*.JPG', 'übung.Jpg')).toBe(false)
  })

  it('means what the expression means', () => {
    const pattern = fc.string({
      unit: fc.constantFrom('a', 'b', '/', '*', '**', '**/', '?', 'ü'),
      maxLength: 10,
    })
    const name = fc
      .array(fc.string({ unit: fc.constantFrom('a', 'b', 'ü'), minLength: 1, maxLength: 4 }), {
        minLength: 1,
        maxLength: 4,
      })
      .map((parts) => parts.join('/'))
    fc.assert(
      fc.property(pattern, name, (pattern, name) => {
        expect(fits(pattern, name)).toBe(naive(pattern).test(name))
      }),
      { numRuns: 2000 },
    )
  })

  it('does so over the bounds of a word of bits', () => {
    for (let length = 25; length < 70; length++) {
      const text = 'ab'.repeat(length).slice(0, length)
      expect(fits(`${text}**/?*${text}`, `${text}/x/y${text}`)).toBe(
        naive(`${text}**/?*${text}`).test(`${text}/x/y${text}`),
      )
      expect(fits(`x/**/*${text}`, `x/y/z/${text}`)).toBe(true)
      expect(fits(`x/**/*${text}`, `x/y/z/${text}c`)).toBe(false)
      expect(fits(`${text}*`, text)).toBe(true)
    }
  })

  it('names texts that whatever fits contains, and says that more takes longer', () => {
    expect(new NameGlob('photos/**/x*.jpg', true).words).toEqual(['photos/', '.jpg'])
    expect(new NameGlob('*a?b*', true).words).toEqual([])
    expect(new NameGlob('*abc'.repeat(60), true).words).toHaveLength(8)
    expect(new NameGlob('a'.repeat(256), true).cost).toBeGreaterThan(5 * new NameGlob('a', true).cost)
  })
})
