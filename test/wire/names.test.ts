import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  assertName,
  nameProblem,
  prefixProblem,
  queryProblem,
  quote,
  usernameProblem,
} from '../../src/wire/names.js'

describe('names of publications', () => {
  it.each(['a', 'talks/keynote.mp4', 'ünïcode/文.txt', '..a', 'a..', '.hidden', 'a b', 'a'.repeat(512)])(
    'accepts %j',
    (name) => expect(nameProblem(name)).toBeUndefined(),
  )

  it.each([
    ['', 'is empty'],
    ['a'.repeat(513), 'is longer than 512 bytes'],
    ['ü'.repeat(257), 'is longer than 512 bytes'],
    ['/etc/passwd', 'is an absolute path'],
    ['../x', 'has the part ".."'],
    ['a/../x', 'has the part ".."'],
    ['a/.', 'has the part "."'],
    ['a//b', 'has an empty part'],
    ['a/', 'has an empty part'],
    ['C:\\x', 'contains a backslash'],
    ['a\0b', 'contains a control character'],
    ['a\nb', 'contains a control character'],
    ['a\u009bb', 'contains a control character'],
    ['a\u2028b', 'contains a control character'],
    ['u\u0308', 'is not in Unicode normal form C'],
    ['\ud800', 'is not well-formed Unicode'],
  ])('refuses %j: it %s', (name, problem) => {
    expect(nameProblem(name)).toContain(problem)
    expect(() => assertName(name)).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }))
  })

  it('accepts nothing that leaves its folder', () => {
    const part = fc.constantFrom('..', '.', '', 'a', 'b.txt', '...', ' ')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const name = parts.join('/')
        if (nameProblem(name) !== undefined) return
        expect(new URL(`file:///root/${parts.map(encodeURIComponent).join('/')}`).pathname).toBe(
          `/root/${parts.map(encodeURIComponent).join('/')}`,
        )
      }),
    )
  })

  it('accepts any text or says what is wrong with it, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const problemOf of [nameProblem, usernameProblem, queryProblem, prefixProblem]) {
          const problem = problemOf(text)
          expect(['string', 'undefined']).toContain(typeof problem)
        }
      }),
    )
  })
})

describe('user names', () => {
  it.each([
    ['hans', undefined],
    ['', 'is empty'],
    ['a b', 'contains white space'],
    ['a\u00a0b', 'contains white space'],
    ['a\x1b', 'contains a control character'],
    ['x'.repeat(65), 'is longer than 64 bytes'],
  ])('%j: %s', (username, problem) => expect(usernameProblem(username)).toBe(problem))
})

it('quotes a strange text on one line, and not too much of it', () => {
  expect(quote('a\nb\x1b[31m')).toBe('"a\\nb\\u001b[31m"')
  expect(quote('x'.repeat(1000)).length).toBeLessThan(90)
})
