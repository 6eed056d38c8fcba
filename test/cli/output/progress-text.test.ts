import { describe, expect, it } from 'vitest'
import { progressText } from '../../../src/cli/output/progress-text.js'
import { widthOf } from '../../../src/cli/output/width.js'

const MIB = 1024 * 1024
const name = 'dataset.tar'

describe('the line of a progress', () => {
  it.each([
    [{ transferred: 0, rate: 0 }, '0 B  0 B/s'],
    [{ transferred: MIB, rate: MIB, files: { done: 7 } }, '1.0 MiB  1.0 MiB/s  7 files'],
    [{ transferred: 0, size: 0, rate: 0 }, `${'█'.repeat(40)} 100%  0 B of 0 B  0 B/s`],
    [
      { transferred: MIB, size: 4 * MIB, rate: MIB, eta: 3000, sources: 2, files: { done: 7, total: 30 } },
      `${'█'.repeat(10)}${'░'.repeat(30)}  25%  1.0 MiB of 4.0 MiB  1.0 MiB/s  0:03 left  7 of 30 files  2 sources`,
    ],
    // A content that was replaced meanwhile may be longer than was listed.
    [
      { transferred: 5, size: 4, rate: 5, eta: 0, sources: 1 },
      `${'█'.repeat(40)} 100%  5 B of 4 B  5 B/s  1 source`,
    ],
    [
      { transferred: 0, size: 4, rate: 0, sources: 0, place: 3 },
      `${'░'.repeat(40)}   0%  0 B of 4 B  waiting, number 3 in the line`,
    ],
  ])('of %j is %j', (progress, text) => {
    expect(progressText({ name, ...progress }, 160)).toBe(text)
  })

  const whole = { transferred: MIB, size: 4 * MIB, rate: MIB, eta: 3000, sources: 2 }

  it('names what it is about where there are several', () => {
    expect(progressText({ name: 'a', ...whole }, 120, 11)).toMatch(/^a {12}█/)
    expect(progressText({ name: `${'long/'.repeat(9)}x.tar`, ...whole }, 120, 11)).toMatch(
      /^long\/…x\.tar {2}█/,
    )
    expect(progressText({ name: '\x1b[2J', ...whole }, 120, 20)).toMatch(/^\\u001b\[2J/)
  })

  it('fits the terminal: first the bar goes, then the name, and the numbers last', () => {
    expect(progressText({ name, ...whole }, 70)).toMatch(/^█+░+ {2}25%/)
    expect(progressText({ name, ...whole }, 60, 11)).not.toContain('█')
    for (let width = 10; width < 150; width += 1) {
      for (const nameWidth of [0, 11]) {
        expect(widthOf(progressText({ name, ...whole }, width, nameWidth))).toBeLessThanOrEqual(width)
      }
    }
  })
})
