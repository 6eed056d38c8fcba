import { describe, expect, it } from 'vitest'
import { type Candidates, makeCompleter, quoteWhereNeeded, withFolders } from '../../src/cli/completion.js'

const FILES: Record<string, string[]> = { get: ['a.txt', 'about', 'two words', "it's"], pub: ['b'] }

function complete(line: string, candidates: Candidates = async (command) => FILES[command] ?? []) {
  const completer = makeCompleter(['get', 'pub', 'lap', 'lpf'], candidates)
  return new Promise<[string[], string]>((resolve) => completer(line, (_error, result) => resolve(result)))
}

describe('completion', () => {
  it.each<[string, string[], string]>([
    ['', ['get ', 'pub ', 'lap ', 'lpf '], ''],
    ['l', ['lap ', 'lpf '], 'l'],
    ['  g', ['get '], 'g'],
    ['x', [], 'x'],
    ['get ', ['a.txt', 'about', "'two words'", `'it'\\''s'`], ''],
    ['get ab', ['about'], 'ab'],
    ['get tw', ["'two words'"], 'tw'],
    [`get 'two w`, ["'two words'"], `'two w`],
    ['get "two w', ["'two words'"], '"two w'],
    ['pub ', ['b'], ''],
    ['lap ', [], ''],
    ['none a', [], 'a'],
  ])('of %j offers %j', async (line, offered, replaced) => {
    expect(await complete(line)).toEqual([offered, replaced])
  })

  it('offers nothing when the candidates cannot be had', async () => {
    expect(await complete('get a', () => Promise.reject(new Error('offline')))).toEqual([[], 'get a'])
  })

  it('knows the folders that names are in', () => {
    expect(withFolders(['b', 'a/c/d', 'a/c/e', 'a/f'])).toEqual(['a/', 'a/c/', 'a/c/d', 'a/c/e', 'a/f', 'b'])
    expect(withFolders([])).toEqual([])
  })

  it('quotes only what needs it', () => {
    expect(['plain', 'music/a.mp3', 'a b', 'a"b', 'a\\b', "a'b"].map(quoteWhereNeeded)).toEqual([
      'plain',
      'music/a.mp3',
      "'a b'",
      `'a"b'`,
      "'a\\b'",
      `'a'\\''b'`,
    ])
  })
})
