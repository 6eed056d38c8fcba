import { CommanderError } from 'commander'
import { describe, expect, it } from 'vitest'
import { findShellWord, SHELL_WORDS, WORDS } from '../../../src/cli/words/index.js'
import { toSearch } from '../../../src/cli/words/search.js'
import { toCommand } from '../../../src/cli/words/to-command.js'
import type { Said } from '../../../src/cli/words/word.js'

/** What a word understands. */
function parse(name: string, ...words: string[]): Said {
  const word = findShellWord(name)
  if (word === undefined) throw new Error(`There is no word ${name}`)
  let heard: Said | undefined
  const command = toCommand(word, (said) => {
    heard = said
  })
  command.configureOutput({ outputError: () => {} }).parse(words, { from: 'user' })
  return heard as unknown as Said
}

it("the original's words are others for ours", () => {
  const old = ['get', 'lap', 'lpf', 'pub', 'sch', 'unp'].map((name) => findShellWord(name)?.name)
  expect(old).toEqual(['get', 'peers', 'list', 'publish', 'search', 'unpublish'])
  const all = WORDS.flatMap(({ name, aliases = [] }) => [name, ...aliases])
  expect(new Set(all).size).toBe(all.length)
  expect(findShellWord('serve')).toBeUndefined()
  expect(findShellWord('login')).toBeUndefined()
})

it('each tells what it is, in a line, and shows an example', () => {
  for (const { name, summary, examples } of WORDS) {
    expect(summary, name).toMatch(/^[a-z].{10,75}[^.]$/)
    expect(examples.length, name).toBeGreaterThan(0)
  }
})

it('the examples of the words of the shell are understood', () => {
  for (const { name, examples } of SHELL_WORDS) {
    for (const [words] of examples) {
      // The flags of the program go with any word.
      const args = words.replace(/ --json/, '').split(' ')
      expect(() => parse(name, ...args.filter((word) => word !== '')), `${name} ${words}`).not.toThrow()
    }
  }
})

describe('get', () => {
  it.each<[string[], Said]>([
    [['a.txt'], { args: ['a.txt'], options: {} }],
    [['a', 'b c'], { args: ['a', 'b c'], options: {} }],
    [['--', '--odd name'], { args: ['--odd name'], options: {} }],
    [
      ['--root', 'R', '--as', 'b.txt', 'a.txt', '--overwrite', '--from', 'yoda'],
      { args: ['a.txt'], options: { root: 'R', as: 'b.txt', overwrite: true, from: 'yoda' } },
    ],
    [['--all', 'x', 'y', '--yes'], { args: ['x', 'y'], options: { all: true, yes: true } }],
  ])('%j', (words, said) => {
    expect(parse('get', ...words)).toEqual(said)
  })

  it.each([
    [[], "missing required argument 'name'"],
    [['a', '--from'], "option '--from <user>' argument missing"],
    [['a', '--root', ''], 'It must be the root of a content.'],
    [['a', '--to', 'b'], "unknown option '--to'"],
  ])('%j is refused', (words, message) => {
    expect(() => parse('get', ...words)).toThrow(CommanderError)
    expect(() => parse('get', ...words)).toThrow(message)
  })
})

describe('publish and share', () => {
  it.each<[string, string[], Said]>([
    ['pub', ['a.txt'], { args: ['a.txt'], options: {} }],
    [
      'publish',
      ['--to', 'alice,@design', '--to', 'bob', 'a', 'b'],
      { args: ['a', 'b'], options: { to: ['alice', '@design', 'bob'] } },
    ],
    ['share', [], { args: [], options: {} }],
    [
      'share',
      ['photos', '--ignore', '*.xmp', '--ignore', 'drafts/**', '--to', '@design'],
      { args: ['photos'], options: { ignore: ['*.xmp', 'drafts/**'], to: ['@design'] } },
    ],
  ])('%s %j', (name, words, said) => {
    expect(parse(name, ...words)).toEqual(said)
  })

  it.each([
    ['publish', ['a', '--to', ','], 'It must be a user or a @group.'],
    ['publish', [], "missing required argument 'path'"],
    ['share', ['my', 'photos'], 'too many arguments'],
    ['share', ['photos', '--ignore', ''], 'It must be a pattern.'],
  ])('%s %j is refused', (name, words, message) => {
    expect(() => parse(name, ...words)).toThrow(message)
  })
})

describe('search', () => {
  const NOW = new Date(10 * 86_400_000)
  const asked = (...words: string[]) => {
    const { args, options } = parse('sch', ...words)
    return toSearch(args, options, NOW)
  }

  it.each([
    [['report'], { query: 'report', options: { matchCase: true } }],
    [[''], { query: '', options: { matchCase: true } }],
    [['--', '--odd'], { query: '--odd', options: { matchCase: true } }],
    [['final', 'report'], { query: 'final report', options: {} }],
    [['--ext', 'mp4'], { query: '', options: { extension: 'mp4' } }],
    [['a', '--match-case', '--offline'], { query: 'a', options: { matchCase: true, includeOffline: true } }],
    [
      ['a', '--glob', 'x/**', '--min-size', '1.5k', '--max-size', '10MiB', '--from', 'yoda', '--root', 'R'],
      {
        query: 'a',
        options: { glob: 'x/**', minSize: 1536, maxSize: 10_485_760, from: 'yoda', root: 'R' },
      },
    ],
    [
      ['--newer', '7d', '--order', 'size', '--max-size', '2T'],
      { query: '', options: { publishedAfter: new Date(3 * 86_400_000), order: 'size', maxSize: 2 ** 41 } },
    ],
  ])('%j', (words, expected) => {
    expect(asked(...words)).toEqual(expected)
  })

  it.each([
    [['a', '--glob', ''], 'It must be a pattern, such as "talks/**/*.mp4".'],
    [['a', '--min-size', '10X'], 'It must be a size, such as 10M.'],
    [['a', '--max-size', '-1'], 'It must be a size, such as 10M.'],
    [['a', '--newer', '7'], 'It must be an age, such as 7d; there are s, m, h, d and w.'],
    [['a', '--newer', '9999w'], 'It must be an age, such as 7d; there are s, m, h, d and w.'],
    [['a', '--order', 'age'], 'It must be one of name, size, newest, sources.'],
    [['a', '--lng'], "unknown option '--lng'"],
  ])('%j is refused', (words, message) => {
    expect(() => asked(...words)).toThrow(message)
  })
})
