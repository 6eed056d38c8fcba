import type pLimit from 'p-limit'
import { describe, expect, it, vi } from 'vitest'
import { FrameSize } from '../../../src/peer/upload/frame-size.js'
import type { SlotSeeker } from '../../../src/peer/upload/upload-queue.js'
import { MAX_WAITING_TRANSFERS } from '../../../src/transfer/limits.js'
import { settle } from '../../helpers/manual-clock.js'

// The files of this project share their modules: the one whose p-limit shows its line is for this file alone.
let limit: ReturnType<typeof pLimit> | undefined
vi.doMock('p-limit', async (load) => {
  const { default: make } = await load<{ default: typeof pLimit }>()
  return { default: (slots: number) => (limit = make(slots)) }
})
vi.resetModules()
const { UploadQueue } = await import('../../../src/peer/upload/upload-queue.js')
vi.doUnmock('p-limit')
vi.resetModules()

class Seeker implements SlotSeeker {
  readonly places: number[] = []
  release: (() => void) | undefined

  onPlace(place: number): void {
    this.places.push(place)
  }

  onSlot(release: () => void): void {
    this.release = release
  }
}

const makeSeekers = (count: number): Seeker[] => Array.from({ length: count }, () => new Seeker())

describe('the line for upload slots', () => {
  it('tells nothing to who need not wait, and the others once for all that happens in one turn', async () => {
    const queue = new UploadQueue(2)
    const seekers = makeSeekers(6)
    for (const seeker of seekers) expect(queue.join(seeker)).toBe(true)
    await settle()
    expect(seekers.map(({ release }) => release !== undefined)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ])
    expect(seekers.map(({ places }) => places)).toEqual([[], [], [1], [2], [3], [4]])
    seekers[0]?.release?.()
    seekers[1]?.release?.()
    queue.leave(seekers[4] as Seeker)
    await settle()
    expect(seekers.map(({ places }) => places)).toEqual([[], [], [1], [2], [3], [4, 1]])
    expect(seekers.map(({ release }) => release !== undefined)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ])
  })

  it('does not grow with those who come and go, and gives no slot to who has gone', async () => {
    const queue = new UploadQueue(1)
    const [holder, gone, last] = makeSeekers(3) as [Seeker, Seeker, Seeker]
    queue.join(holder)
    await settle()
    for (let count = 0; count < 10 * MAX_WAITING_TRANSFERS; count++) {
      expect(queue.join(gone)).toBe(true)
      queue.leave(gone)
    }
    queue.join(last)
    expect(limit?.pendingCount).toBe(1)
    holder.release?.()
    await settle()
    expect(gone.release).toBeUndefined()
    expect(last.release).toBeDefined()
    last.release?.()
    queue.join(gone)
    await settle()
    expect(gone.release).toBeDefined()
  })

  it('has an end', async () => {
    const queue = new UploadQueue(1)
    queue.join(new Seeker())
    await settle()
    for (const seeker of makeSeekers(MAX_WAITING_TRANSFERS)) expect(queue.join(seeker)).toBe(true)
    expect(queue.join(new Seeker())).toBe(false)
  })
})

describe('the size of a data frame', () => {
  it('grows to 1 MiB for one who is fast, once that shows', () => {
    const size = new FrameSize()
    for (let sent = 0; sent + 65_536 < 4_194_304; sent += 65_536) size.learn(65_536, 0)
    expect(size.bytes).toBe(65_536)
    for (let count = 0; count < 9; count++) size.learn(size.bytes, 0)
    expect(size.bytes).toBe(1_048_576)
  })

  it('shrinks for one who is slow, so that it is seen to take something', () => {
    const size = new FrameSize()
    for (let count = 0; count < 9; count++) size.learn(size.bytes, 5_000)
    expect(size.bytes).toBe(16_384)
  })
})
