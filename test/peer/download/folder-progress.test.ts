import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TransferProgress } from '../../../src/index.js'
import { FolderProgress } from '../../../src/peer/download/folder-progress.js'

function start() {
  const seen: TransferProgress[] = []
  const progress = new FolderProgress((now) => seen.push(now))
  return { progress, last: () => seen.at(-1), seen }
}

describe('the progress of a folder', () => {
  it('adds up, and knows how much there is when the list is complete', () => {
    const { progress, last, seen } = start()
    const a = progress.add(100)
    a.report({ transferred: 30, size: 100 })
    expect(last()).toEqual({ transferred: 30, files: { done: 0 } })
    const b = progress.add(50)
    expect(seen).toHaveLength(1)
    progress.complete()
    expect(last()).toEqual({ transferred: 30, size: 150, files: { done: 0, total: 2 } })
    b.finish(50)
    expect(last()).toEqual({ transferred: 80, size: 150, files: { done: 1, total: 2 } })
    a.finish(100)
    expect(last()).toEqual({ transferred: 150, size: 150, files: { done: 2, total: 2 } })
    expect(progress.listed).toBe(2)
  })

  it('learns of another size, and takes back what was of no use', () => {
    const { progress, last } = start()
    const file = progress.add(100)
    progress.complete()
    file.report({ transferred: 40, size: 300 })
    expect(last()).toMatchObject({ transferred: 40, size: 300 })
    file.report({ transferred: 10, size: 300 })
    expect(last()).toMatchObject({ transferred: 10, size: 300 })
  })

  it('knows no size while that of one file is unknown', () => {
    const { progress, last } = start()
    const [a, b] = [progress.add(undefined), progress.add(undefined)]
    progress.complete()
    a.report({ transferred: 5 })
    expect(last()).toEqual({ transferred: 5, files: { done: 0, total: 2 } })
    a.finish(7)
    expect(last()).toEqual({ transferred: 7, files: { done: 1, total: 2 } })
    b.finish(0)
    expect(last()).toEqual({ transferred: 7, size: 7, files: { done: 2, total: 2 } })
  })

  it('ends with the sums, whatever was listed and reported on the way', () => {
    const file = fc.record({
      listed: fc.option(fc.nat(1000), { nil: undefined }),
      reports: fc.array(fc.record({ transferred: fc.nat(1000) }), { maxLength: 4 }),
      size: fc.nat(1000),
    })
    fc.assert(
      fc.property(fc.array(file, { minLength: 1 }), (files) => {
        const { progress, last } = start()
        const added = files.map(({ listed }) => progress.add(listed))
        progress.complete()
        for (const [place, { reports, size }] of files.entries()) {
          for (const report of reports) added[place]?.report(report)
          added[place]?.finish(size)
        }
        const sum = files.reduce((all, { size }) => all + size, 0)
        const total = files.length
        expect(last()).toEqual({ transferred: sum, size: sum, files: { done: total, total } })
      }),
    )
  })
})
