import { type FileHandle, mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HASH_BYTES, hashBlocks } from '../../src/content/block-tree.js'
import { WriteThread } from '../../src/content/write-thread.js'
import { patterned } from './naive-tree.js'

let folder: string
let file: FileHandle
let thread: WriteThread
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
  file = await open(join(folder, 'a'), 'w+')
  thread = new WriteThread()
})
afterEach(async () => {
  await thread.end()
  await file.close().catch(() => {})
  await rm(folder, { recursive: true })
})

/** A copy in a buffer of its own. */
const own = (bytes: Buffer): Buffer => {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(copy)
  return copy
}

function hashesOf(bytes: Buffer): Buffer {
  const hashes = Buffer.alloc(Math.ceil(bytes.length / 16_384) * HASH_BYTES)
  hashBlocks(bytes, hashes, 0)
  return hashes
}

async function started(cores = 2): Promise<WriteThread> {
  thread.start(cores)
  while (!thread.isReady) await new Promise((resolve) => setImmediate(resolve))
  return thread
}

describe('a thread that writes', () => {
  it.each([1, 16_384, 16_385, 262_144, 1_048_576, 1_000_000])(
    'writes %i bytes to their place, and hashes their blocks',
    async (size) => {
      const bytes = patterned(size)
      const { hashes } = await (await started()).write(file.fd, own(bytes), 5)
      expect(hashes.equals(hashesOf(bytes))).toBe(true)
      expect((await readFile(join(folder, 'a'))).subarray(5).equals(bytes)).toBe(true)
    },
  )

  it('takes the beginning of a buffer, and gives the whole buffer back', async () => {
    await started()
    const given = own(patterned(40_000))
    const { hashes, buffer } = await thread.write(file.fd, given.subarray(0, 20_000), 0)
    expect(given.length).toBe(0)
    expect(buffer.equals(patterned(40_000))).toBe(true)
    expect(hashes.equals(hashesOf(patterned(40_000).subarray(0, 20_000)))).toBe(true)
    expect((await readFile(join(folder, 'a'))).length).toBe(20_000)
  })

  it('answers in the order in which it was asked', async () => {
    await started()
    const told: number[] = []
    const writing = [300_000, 10, 70_000].map(async (size, number) => {
      const { hashes } = await thread.write(file.fd, own(patterned(size)), number * 1_000_000)
      expect(hashes.length).toBe(Math.ceil(size / 16_384) * HASH_BYTES)
      told.push(number)
    })
    await Promise.all(writing)
    expect(told).toEqual([0, 1, 2])
  })

  it('tells why something could not be written, and goes on', async () => {
    await started()
    const reader = await open(join(folder, 'a'), 'r')
    const refused = thread.write(reader.fd, own(patterned(100)), 0)
    const written = thread.write(file.fd, own(patterned(100)), 0)
    await expect(refused).rejects.toMatchObject({ code: 'EBADF' })
    expect((await written).buffer.equals(patterned(100))).toBe(true)
    await reader.close()
  })

  it('is not started where there is no core to spare', async () => {
    thread.start(1)
    expect(thread.isRunning).toBe(false)
    thread.start(2)
    expect(thread.isRunning).toBe(true)
  })

  it('never becomes ready when its file is not there', async () => {
    const script = WriteThread.script
    WriteThread.script = pathToFileURL(join(folder, 'none.js'))
    try {
      thread.start(2)
      while (thread.isRunning) await new Promise((resolve) => setImmediate(resolve))
    } finally {
      WriteThread.script = script
    }
    expect(thread.isReady).toBe(false)
  })

  it('that ends fails what it was given', async () => {
    await started()
    // More than it can have done by then.
    const buffers = Array.from({ length: 50 }, () => Buffer.allocUnsafeSlow(1_000_000))
    const writing = buffers.map((bytes) => thread.write(file.fd, bytes, 0))
    const failed = expect(Promise.all(writing)).rejects.toThrow('The thread that writes files has ended.')
    await thread.end()
    await failed
    expect(thread.isReady).toBe(false)
  })
})
