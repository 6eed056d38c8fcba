import { beforeEach, describe, expect, it } from 'vitest'
import { WriteQueue } from '../../../src/peer/download/write-queue.js'
import { settle } from '../../helpers/manual-clock.js'

const MEGABYTE = 1_048_576
let told: string[]
/** What ends the writes that run, in order. */
let ends: { resolve: (written?: undefined) => void; reject: (error: Error) => void }[]
let queue: WriteQueue
beforeEach(() => {
  told = []
  ends = []
  queue = new WriteQueue({
    write: () => new Promise((resolve, reject) => ends.push({ resolve, reject })),
    onFull: () => told.push('full'),
    onRoom: () => told.push('room'),
    onError: (error) => told.push((error as Error).message),
  })
})
const write = (): Promise<unknown> => queue.write(Buffer.alloc(MEGABYTE), 0)

describe('bytes on their way to the disk', () => {
  it('are too many beyond 4 MiB, until half of that is left', async () => {
    for (let count = 0; count < 4; count++) void write()
    expect(told).toEqual([])
    void write()
    expect(told).toEqual(['full'])
    for (const { resolve } of ends.slice(0, 2)) resolve()
    await settle()
    expect(told).toEqual(['full'])
    ends[2]?.resolve()
    await settle()
    expect(told).toEqual(['full', 'room'])
  })

  it('that cannot be written are an error, and do not count any more', async () => {
    const writing = write()
    ends[0]?.reject(new Error('no'))
    await expect(writing).rejects.toThrow('no')
    expect(told).toEqual(['no', 'room'])
    for (let count = 0; count < 4; count++) void write()
    expect(told).not.toContain('full')
  })

  it('are waited for', async () => {
    await queue.idle()
    void write()
    write().catch(() => {})
    let isIdle = false
    const idle = queue.idle().then(() => {
      isIdle = true
    })
    ends[0]?.resolve()
    await settle()
    expect(isIdle).toBe(false)
    ends[1]?.reject(new Error('no'))
    await idle
  })
})
