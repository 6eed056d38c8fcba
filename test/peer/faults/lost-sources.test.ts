import { describe, expect, it } from 'vitest'
import type { Part } from '../../helpers/hostile-source.js'
import { HurriedClock } from '../../helpers/hurried-clock.js'
import { DownloadHarness } from '../download/download-harness.js'

const SIZE = 40 * 131_072 + 4_321
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8]

/** Sends honest parts, and does something instead when so many bytes were sent. */
function at(position: number, action: (part: Part) => void): (part: Part) => Buffer | undefined {
  let isDone = false
  return (part) => {
    if (isDone || part.sent + part.bytes.length <= position) return part.bytes
    isDone = true
    action(part)
    return undefined
  }
}

describe('a source that is killed at a random byte', () => {
  it.each(SEEDS)('is made up for by another: seed %i', async (seed) => {
    await using harness = await DownloadHarness.start(SIZE, { seed, clock: new HurriedClock(10) })
    const position = harness.random.below(SIZE)
    const good = await harness.source('good')
    const killed = await harness.source('killed', { onPart: at(position, () => void killed.vanish()) })
    const download = harness.get()
    await download.done
    expect(await harness.isRight()).toBe(true)
    expect(await harness.files()).toEqual(['a.bin'])
    expect(good.sent + killed.sent).toBeGreaterThanOrEqual(SIZE)
    expect(harness.warnings).toEqual([])
  })

  it.each(SEEDS)(
    'brings the rest when it has returned, and nothing twice that was verified: seed %i',
    async (seed) => {
      await using harness = await DownloadHarness.start(SIZE, { seed, clock: new HurriedClock(10) })
      const position = harness.random.below(SIZE - 131_072)
      const killed = await harness.source('killed', {
        onPart: at(position, () => void killed.vanish().then(() => killed.listen())),
      })
      const download = harness.get()
      const verified: number[] = []
      download.on('verified', ({ piece }) => verified.push(piece))
      let before: { readonly verified: readonly number[]; readonly asked: number } | undefined
      download.on('sourceLost', () => {
        before ??= { verified: [...verified], asked: killed.of('request').length }
      })
      await download.done
      expect(await harness.isRight()).toBe(true)
      expect(harness.losses).toContain('killed SOURCE_LOST')
      const again = killed.of('request').slice(before?.asked)
      expect(again.length).toBeGreaterThan(0)
      expect(again.filter(({ piece }) => before?.verified.includes(piece))).toEqual([])
    },
  )
})

describe('sources that are all of no use', () => {
  it.each(SEEDS.slice(0, 4))('but for one, do no harm: seed %i', async (seed) => {
    await using harness = await DownloadHarness.start(SIZE, { seed, clock: new HurriedClock(20) })
    const { random } = harness
    const [lieAt, stallAt, closeAt] = [random.below(SIZE / 8), random.below(SIZE / 8), random.below(SIZE / 8)]
    // All at once, so that each has its part in it.
    await harness.source('good', { onPart: slowly })
    await harness.source('liar', {
      onPart: ({ sent, bytes }) => (sent < lieAt ? bytes : random.bytes(bytes.length)),
    })
    // For good: to begin anew with a piece would break the rules.
    await harness.source('stalling', {
      onPart: ({ sent, bytes }) => (sent + bytes.length <= stallAt ? bytes : undefined),
    })
    const closing = await harness.source('closing', {
      onPart: at(closeAt, ({ end }) => end.stream.destroy()),
    })
    const download = harness.get()
    await download.done
    expect(await harness.isRight()).toBe(true)
    expect(await harness.files()).toEqual(['a.bin'])
    expect(harness.warnings).toEqual([expect.stringMatching(/^"liar" sent a wrong piece \d+ \("a\.bin"\)/)])
    expect(harness.losses).toContain('liar CONTENT_MISMATCH')
    expect(harness.losses).toContain('closing SOURCE_LOST')
    expect(closing.connections).toBeGreaterThanOrEqual(1)
  })

  it.each(SEEDS.slice(0, 4))(
    'three that lie, stall and close: the last comes back, seed %i',
    async (seed) => {
      await using harness = await DownloadHarness.start(SIZE, { seed, clock: new HurriedClock(20) })
      const { random } = harness
      await harness.source('liar', { onPart: ({ bytes }) => random.bytes(bytes.length) })
      await harness.source('stalling', { onPart: () => undefined })
      let left = 0
      await harness.source('closing', {
        onConnect: (end) => {
          left = 2 * 131_072 + random.below(SIZE / 3)
          end.hello()
        },
        onPart: ({ end, bytes }) => {
          left -= bytes.length
          if (left >= 0) return bytes
          end.stream.destroy()
          return undefined
        },
      })
      const download = harness.get()
      await download.done
      expect(await harness.isRight()).toBe(true)
      expect(harness.losses.filter((loss) => loss === 'liar CONTENT_MISMATCH')).toHaveLength(1)
      expect(harness.losses.filter((loss) => loss === 'closing SOURCE_LOST').length).toBeGreaterThanOrEqual(2)
      expect(harness.warnings).toEqual([expect.any(String)])
    },
  )

  it('since they have all vanished, are waited for, and the download goes on when one returns', async () => {
    const clock = new HurriedClock(20)
    await using harness = await DownloadHarness.start(SIZE, { clock })
    const sources = await Promise.all(
      ['one', 'two', 'three'].map((name) => harness.source(name, { onPart: slowly })),
    )
    const { named } = harness
    const download = harness.get()
    await new Promise<void>((resolve) => {
      download.on('verified', () => {
        if (download.progress.transferred > SIZE / 4) resolve()
      })
    })
    harness.named = []
    await Promise.all(sources.map((source) => source.vanish()))
    while (harness.lost.length < 3) await new Promise((resolve) => download.once('sourceLost', resolve))
    // The index does not know of any for a while.
    const asked = harness.locates
    while (harness.locates < asked + 4) await new Promise((resolve) => setImmediate(resolve))
    await sources[1]?.listen()
    harness.named = named.filter(({ username }) => username === 'two')
    await download.done
    expect(await harness.isRight()).toBe(true)
  })
})

/** Lets others have their turn. */
async function slowly({ bytes }: Part): Promise<Buffer> {
  await new Promise((resolve) => setTimeout(resolve, 2))
  return bytes
}
