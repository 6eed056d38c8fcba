import { describe, expect, it } from 'vitest'
import { parsePublishWords } from '../../src/cli/publish-words.js'

describe('the words behind pub', () => {
  it.each([
    [['a.txt'], { path: 'a.txt' }],
    [['a.txt', '--to', 'alice'], { path: 'a.txt', to: ['alice'] }],
    [['--to', 'alice,@design', '--to', 'bob', 'a.txt'], { path: 'a.txt', to: ['alice', '@design', 'bob'] }],
  ])('%j', (words, expected) => {
    expect(parsePublishWords(words)).toEqual(expected)
  })

  it.each([
    [[], 'It needs a file or a folder.'],
    [['--to', 'alice'], 'It needs a file or a folder.'],
    [['a.txt', '--to'], '--to needs a user or a @group.'],
    [['a.txt', '--to', ','], '--to needs a user or a @group.'],
    [['a', 'b'], 'Put quotes around a name with spaces.'],
    [['--from'], 'There is no option "--from".'],
  ])('%j is refused', (words, hint) => {
    expect(() => parsePublishWords(words)).toThrow(`Usage: pub FILE [--to USER,@GROUP]... ${hint}`)
  })
})
