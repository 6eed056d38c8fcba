import { describe, expect, it } from 'vitest'
import { isFolderName, prefixOf, toFolderName } from '../../src/peer/folder-name.js'

describe('the name of a folder', () => {
  it.each([
    ['photos', 'photos/', 'photos/'],
    ['photos/', 'photos/', 'photos/'],
    ['a/b c', 'a/b c/', 'a/b c/'],
    ['', './', ''],
    ['.', './', ''],
    ['./', './', ''],
  ])('%j is %j, and its files begin with %j', (text, name, prefix) => {
    expect(toFolderName(text)).toBe(name)
    expect(isFolderName(name)).toBe(true)
    expect(prefixOf(name)).toBe(prefix)
  })

  it.each(['/', '//', 'a//', '..', '../', 'a/../', './a', '/a', 'a\\', 'a\0/'])('cannot be %j', (text) => {
    expect(() => toFolderName(text)).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }))
  })

  it('is told by its end', () => {
    expect(['a', 'a/b', '', '.'].filter(isFolderName)).toEqual([])
  })
})
