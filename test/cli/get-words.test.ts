import { describe, expect, it } from 'vitest'
import { parseGetWords } from '../../src/cli/get-words.js'

describe('the words behind get', () => {
  it.each([
    [['a.txt'], { name: 'a.txt' }],
    [['--odd name'], { name: '--odd name' }],
    [['a.txt', '--from', 'yoda'], { name: 'a.txt', from: 'yoda' }],
    [
      ['--root', 'R', '--as', 'b.txt', 'a.txt', '--overwrite'],
      { name: 'a.txt', root: 'R', as: 'b.txt', overwrite: true },
    ],
  ])('%j', (words, expected) => {
    expect(parseGetWords(words)).toEqual(expected)
  })

  it.each([
    [[], 'It needs a name.'],
    [['--overwrite'], 'It needs a name.'],
    [['a', '--from'], '--from needs a user.'],
    [['a', '--root', ''], '--root needs the root of a content.'],
    [['a', '--as'], '--as needs a name.'],
    [['a', 'b'], 'Put quotes around a name with spaces.'],
    [['a', '--to', 'b'], 'There is no option "--to".'],
  ])('%j is refused', (words, hint) => {
    expect(() => parseGetWords(words)).toThrow(
      `Usage: get NAME [--from USER] [--root ROOT] [--as NAME] [--overwrite]. ${hint}`,
    )
  })
})
