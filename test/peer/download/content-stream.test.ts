import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.js'
import { BitTrickleError } from '../../../src/errors.js'
import { ContentStream, type ContentStreamOptions } from '../../../src/peer/download/content-stream.js'
import { RateLimit } from '../../../src/peer/rate-limit.js'
import type { HostileSource } from '../../helpers/hostile-source.js'
import { DownloadHarness } from './download-harness.js'

const PIECE = 131_072

function read(harness: DownloadHarness, options: Partial<ContentStreamOptions> = {}): ContentStream {
  return new ContentStream({
    name: 'a.bin',
    start: 0,
    end: Number.POSITIVE_INFINITY,
    signal: undefined,
    clock: systemClock,
    rate: new RateLimit(undefined),
    connect: (source) => harness.channels.get(source),
    locate: async () => {
      harness.locates++
      return harness.location()
    },
    onWarning: (message) => harness.warnings.push(message),
    ...options,
  })
}

/** The pieces that were asked of a source. */
const asked = (source: HostileSource): number[] =>
  source
    .of('request')
    .map(({ piece }) => piece)
    .sort((a, b) => a - b)

describe('a stream', () => {
  it('gives the bytes in order, from all sources at once', async () => {
    await using harness = await DownloadHarness.start(40 * PIECE + 77)
    const sources = [await harness.source('ada'), await harness.source('bob'), await harness.source('eve')]
    const bytes = await buffer(read(harness))
    expect(bytes.equals(harness.served.bytes)).toBe(true)
    for (const source of sources) expect(source.sent).toBeGreaterThan(0)
  })

  it.each([
    ['a part of one piece', 2 * PIECE + 10, 2 * PIECE + 19, [2]],
    ['to the end of a piece', 10, PIECE - 1, [0]],
    ['over the border of two', PIECE - 1, PIECE, [0, 1]],
    ['to the end of the content', 5 * PIECE, Number.POSITIVE_INFINITY, [5]],
    ['nothing behind the end', 6 * PIECE, 7 * PIECE, []],
  ])('reads %s, and fetches no more than it needs', async (_what, start, end, pieces) => {
    await using harness = await DownloadHarness.start(5 * PIECE + 500)
    const source = await harness.source('ada')
    const bytes = await buffer(read(harness, { start, end }))
    expect(bytes.equals(harness.served.bytes.subarray(start, end + 1))).toBe(true)
    expect(asked(source)).toEqual(pieces)
  })

  it('of no bytes ends', async () => {
    await using harness = await DownloadHarness.start(0)
    await harness.source('ada')
    expect(await buffer(read(harness))).toHaveLength(0)
  })

  it('fetches nothing before it is read, and no more ahead than a window', async () => {
    await using harness = await DownloadHarness.start(100 * PIECE)
    const source = await harness.source('ada')
    const stream = read(harness)
    await setImmediate()
    expect(harness.locates).toBe(0)
    const parts = stream.iterator()
    const { value: first } = await parts.next()
    // All that it may hold: then it stands still.
    while (source.sent < 64 * PIECE) await setImmediate()
    await setImmediate()
    // The first part, and what waits for the reader, are behind the window.
    expect(asked(source).at(-1)).toBeLessThan(64 + 4)
    const all = [first]
    for (let part = await parts.next(); part.done !== true; part = await parts.next()) all.push(part.value)
    expect(Buffer.concat(all).equals(harness.served.bytes)).toBe(true)
    expect(asked(source)).toEqual([...Array(100).keys()])
  })

  it('gives nothing that is not right, and says who lied', async () => {
    await using harness = await DownloadHarness.start(20 * PIECE)
    await harness.source('eve', { onPart: ({ bytes }) => Buffer.from(bytes).fill(0, 5, 6) })
    await harness.source('ada')
    const bytes = await buffer(read(harness))
    expect(bytes.equals(harness.served.bytes)).toBe(true)
    expect(harness.warnings).toEqual([expect.stringMatching(/^"eve" sent a wrong piece \d+ \("a.bin"\)/)])
  })

  it('that is destroyed takes no more, and is closed when nothing is left of it', async () => {
    await using harness = await DownloadHarness.start(100 * PIECE)
    const source = await harness.source('ada')
    const stream = read(harness)
    await stream.iterator({ destroyOnReturn: false }).next()
    stream.destroy()
    await once(stream, 'close')
    expect(stream.errored).toBeNull()
    while (source.of('close').length === 0) await setImmediate()
    const { sent } = source
    await harness.channels.close()
    expect(source.sent - sent).toBeLessThan(2 * PIECE)
  })

  it('is given up by a signal, also one that was there before', async () => {
    await using harness = await DownloadHarness.start(100 * PIECE)
    await harness.source('ada')
    const controller = new AbortController()
    const stream = read(harness, { signal: controller.signal })
    const parts = stream.iterator()
    await parts.next()
    controller.abort(new Error('enough'))
    await expect(parts.next()).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } })
    await expect(buffer(read(harness, { signal: controller.signal }))).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })

  it('fails with what the index says', async () => {
    await using harness = await DownloadHarness.start(1)
    const failure = new BitTrickleError('NOT_FOUND', 'No active peer offers "a.bin".')
    const locate = (): Promise<never> => Promise.reject(failure)
    await expect(buffer(read(harness, { locate }))).rejects.toBe(failure)
  })
})
