import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  difference,
  type FolderFile,
  type FolderState,
  type PublishedFile,
} from '../../../../src/peer/share/watch/difference.js'

const file = (path: string, stamp = '1', name = path): FolderFile => ({ file: path, name, stamp })
const published = (
  ...entries: [name: string, file: string, stamp: string | undefined, isInView?: boolean][]
): Map<string, PublishedFile> =>
  new Map(entries.map(([name, path, stamp, isInView = true]) => [name, { file: path, stamp, isInView }]))

const NOTHING = { publish: [], unpublish: [], waiting: [], rivals: [] }

describe('the difference between a folder and what is published of it', () => {
  it.each<[string, FolderState, object]>([
    ['nothing', { files: [file('a')], published: published(['a', 'a', '1']) }, NOTHING],
    [
      'a file that came',
      { files: [file('a')], published: published() },
      { ...NOTHING, publish: [file('a')] },
    ],
    [
      'a file that changed',
      { files: [file('a', '2')], published: published(['a', 'a', '1']) },
      { ...NOTHING, publish: [file('a', '2')] },
    ],
    [
      'a file of which the index does not know',
      { files: [file('a')], published: published(['a', 'a', undefined]) },
      { ...NOTHING, publish: [file('a')] },
    ],
    [
      'a file that went',
      { files: [], published: published(['a', 'a', '1']) },
      { ...NOTHING, unpublish: ['a'] },
    ],
    [
      'a file that was moved, which nobody needs to wait for',
      { files: [file('b', '7')], published: published(['a', 'a', '7']), isSettled: () => false },
      { ...NOTHING, publish: [{ ...file('b', '7'), movedFrom: 'a' }], unpublish: ['a'] },
    ],
    [
      'a file that somebody writes to',
      { files: [file('a', '2')], published: published(['a', 'a', '1']), isSettled: () => false },
      { ...NOTHING, waiting: [file('a', '2')] },
    ],
    [
      'a file that cannot be looked at',
      { files: [], published: published(['a', 'a', '1']), isUnclear: () => true },
      NOTHING,
    ],
    ['a file elsewhere', { files: [], published: published(['a', 'a', '1', false]) }, NOTHING],
    [
      'two files of one name: the first has it',
      { files: [file('x', '1', 'n'), file('y', '1', 'n')], published: published() },
      {
        ...NOTHING,
        publish: [file('x', '1', 'n')],
        rivals: [{ file: file('y', '1', 'n'), owner: 'x' }],
      },
    ],
    [
      'two files of one name: the one that has it keeps it',
      { files: [file('x', '1', 'n'), file('y', '1', 'n')], published: published(['n', 'y', '1']) },
      { ...NOTHING, rivals: [{ file: file('x', '1', 'n'), owner: 'y' }] },
    ],
    [
      'a file that takes the name of one that went',
      { files: [file('x', '2', 'n')], published: published(['n', 'y', '1']) },
      { ...NOTHING, publish: [file('x', '2', 'n')] },
    ],
    [
      'classic files, whose stamps say nothing, are not moved',
      { files: [file('b', '')], published: published(['a', 'a', '']) },
      { ...NOTHING, publish: [file('b', '')], unpublish: ['a'] },
    ],
  ])('%s', (_what, state, expected) => {
    expect(difference(state)).toEqual(expected)
  })

  // Few of each, so that they meet.
  const path: fc.Arbitrary<string> = fc.constantFrom('a', 'b', 'c', 'd/a', 'd/b', 'e')
  const name = fc.constantFrom('n', 'o', 'p', 'q', 'r')
  const stamp = fc.constantFrom('1', '2', '3')
  const files = fc
    .uniqueArray(fc.record({ file: path, name, stamp }), { selector: ({ file }) => file })
    .map((all) => all.toSorted((a, b) => (a.file < b.file ? -1 : 1)))
  const states = fc.record({
    files,
    published: fc
      .uniqueArray(fc.tuple(name, path, fc.option(stamp, { nil: undefined }), fc.boolean()), {
        selector: ([name]) => name,
      })
      .map((entries) => published(...entries)),
    unclear: fc.uniqueArray(path),
    unsettled: fc.uniqueArray(path),
  })

  it('makes them equal, touches nothing that it did not see, and then has nothing to do', () => {
    fc.assert(
      fc.property(states, ({ files: all, published: before, unclear, unsettled }) => {
        const isUnclear = (path: string): boolean => unclear.includes(path)
        const isSettled = ({ file }: FolderFile): boolean => !unsettled.includes(file)
        // What was found is clear, and what was found elsewhere was not looked for.
        const found = all.filter(
          ({ file }) =>
            !isUnclear(file) && ![...before.values()].some((one) => one.file === file && !one.isInView),
        )
        const state = { files: found, published: before, isUnclear, isSettled }
        const { publish, unpublish, waiting, rivals } = difference(state)

        const after = new Map(before)
        for (const { file, name, stamp } of publish) after.set(name, { file, stamp, isInView: true })
        for (const name of unpublish) expect(after.delete(name)).toBe(true)

        for (const [name, one] of before) {
          if (!one.isInView || isUnclear(one.file)) expect(after.get(name)).toBe(one)
        }
        const rivalFiles = new Set(rivals.map(({ file }) => file.file))
        const waitingFiles = new Set(waiting.map(({ file }) => file))
        for (const { file, name, stamp } of found) {
          if (rivalFiles.has(file)) expect(after.get(name)?.file).not.toBe(file)
          else if (!waitingFiles.has(file)) expect(after.get(name)).toMatchObject({ file, stamp })
        }
        for (const [name, one] of after) {
          if (!one.isInView || isUnclear(one.file) || waiting.some((file) => file.name === name)) continue
          expect(found).toContainEqual({ file: one.file, name, stamp: one.stamp })
        }
        for (const { movedFrom } of publish)
          if (movedFrom !== undefined) expect(unpublish).toContain(movedFrom)

        expect(difference({ ...state, published: after })).toMatchObject({ publish: [], unpublish: [] })
      }),
      { numRuns: 2_000 },
    )
  })
})
