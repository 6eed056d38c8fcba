import { describe, expect, it } from 'vitest'
import { parseShareWords } from '../../src/cli/share-words.js'

describe('the words behind share', () => {
  it.each([
    [['photos'], { folder: 'photos', ignore: [] }],
    [
      ['photos', '--ignore', '*.xmp', '--ignore', 'drafts/**'],
      { folder: 'photos', ignore: ['*.xmp', 'drafts/**'] },
    ],
    [['--ignore', '*.xmp', '.'], { folder: '.', ignore: ['*.xmp'] }],
    [
      ['photos', '--to', 'alice,@design', '--to', 'bob'],
      { folder: 'photos', ignore: [], to: ['alice', '@design', 'bob'] },
    ],
    [['photos', '--ignore', '--ignore'], { folder: 'photos', ignore: ['--ignore'] }],
  ])('%j', (words, expected) => {
    expect(parseShareWords(words)).toEqual(expected)
  })

  it.each([
    [[], 'It needs a folder.'],
    [['--ignore', 'a'], 'It needs a folder.'],
    [['photos', '--ignore'], '--ignore needs a pattern.'],
    [['photos', '--to'], '--to needs a user or a @group.'],
    [['photos', '--to', ','], '--to needs a user or a @group.'],
    [['my', 'photos'], 'Put quotes around a name with spaces.'],
    [['--ignored'], 'There is no option "--ignored".'],
  ])('%j is refused', (words, hint) => {
    expect(() => parseShareWords(words)).toThrow(
      `Usage: share FOLDER [--ignore GLOB]... [--to USER,@GROUP]... ${hint}`,
    )
  })
})
