import { describe, expect, it } from 'vitest'
import { progressText } from '../../src/cli/progress.js'

const MIB = 1024 * 1024

describe('the line of a progress', () => {
  it.each([
    [{ transferred: 0 }, 0, '0 B  0 B/s'],
    [{ transferred: 3 * MIB }, 2000, '3.0 MiB  1.5 MiB/s'],
    [{ transferred: MIB, files: { done: 7 } }, 1000, '1.0 MiB  1.0 MiB/s  7 files'],
    [{ transferred: 0, size: 0 }, 1000, `${'█'.repeat(40)} 100%  0 B of 0 B  0 B/s`],
    [
      { transferred: MIB, size: 4 * MIB, files: { done: 7, total: 30 } },
      1000,
      `${'█'.repeat(10)}${'░'.repeat(30)} 25%  1.0 MiB of 4.0 MiB  1.0 MiB/s  7 of 30 files`,
    ],
    // A content that was replaced meanwhile may be longer than was listed.
    [{ transferred: 5, size: 4 }, 1000, `${'█'.repeat(40)} 100%  5 B of 4 B  5 B/s`],
  ])('of %j after %i ms is %j', (progress, elapsed, text) =>
    expect(progressText(progress, elapsed)).toBe(text),
  )
})
