import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { makeIgnoreRule } from '../../../../src/peer/share/watch/ignore-rules.js'

describe('what is left out', () => {
  it.each<[pattern: string, ignored: string[], kept: string[]]>([
    ['*.log', ['a.log', 'b/c/a.log', '.log'], ['a.log.txt', 'log']],
    ['build', ['build', 'a/build'], ['builds', 'a/build/b']],
    ['build/', ['build', 'a/build'], ['builds']],
    ['/build', ['build'], ['a/build']],
    ['a/*.txt', ['a/b.txt'], ['b/a/b.txt', 'a/b/c.txt', 'b.txt']],
    ['a/**', ['a/b', 'a/b/.c'], ['b', 'b/a']],
    ['**/x/y', ['x/y', 'a/b/x/y'], ['x', 'y']],
    ['*.{jpg,png}', ['a.jpg', 'b/a.png'], ['a.gif']],
    ['!(*.jpg)', ['a.png', 'b/a.gif'], ['a.jpg']],
  ])('by %j', async (pattern, ignored, kept) => {
    const isIgnored = await makeIgnoreRule([pattern], false)
    for (const path of ignored) expect(isIgnored(path), path).toBe(true)
    for (const path of kept) expect(isIgnored(path), path).toBe(false)
  })

  it('is never more than what downloads have not finished, where nothing is said', async () => {
    const isIgnored = await makeIgnoreRule([], false)
    for (const path of ['a.part', 'b/a.part.journal']) expect(isIgnored(path)).toBe(true)
    for (const path of ['.a', 'a~', 'part', 'a.part.txt', 'a.journal']) expect(isIgnored(path)).toBe(false)
  })
})

it('the library that knows patterns is loaded when a folder is shared, and not before', async () => {
  const url = new URL('../../../../src/peer/share/watch/ignore-rules.ts', import.meta.url)
  const imports = (await readFile(url, 'utf8')).match(/^import .*picomatch.*$/gm)
  expect(imports).toEqual([expect.stringMatching(/^import type /)])
})
