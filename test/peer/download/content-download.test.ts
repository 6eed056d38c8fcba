import { describe, expect, it } from 'vitest'
import { BitTrickleError } from '../../../src/errors.js'
import { TestContent } from '../../helpers/hostile-source.js'
import { Simulation } from './simulation.js'

const MEGABYTE = 1_048_576
const PIECE = 131_072

describe('sources of unlike speed', () => {
  it('are all kept busy, each brings its share, and the last one does not hold up the end', async () => {
    const simulation = new Simulation(24 * MEGABYTE)
    // Bytes a millisecond.
    const rates = [8_000, 2_000, 500]
    const delay = 80
    const sources = rates.map((rate, at) => simulation.add(`source ${at}`, { rate, delay }))
    simulation.start()
    const took = await simulation.finish()
    expect(simulation.end).toBe('done')
    expect(simulation.isRight).toBe(true)
    // As fast as all of them together, but for the beginning and the end.
    const ideal = (24 * MEGABYTE) / 10_500
    expect(took / ideal).toBeLessThan(1.2)
    // They had to wait for the first question, and have nothing to do in the end.
    for (const { idle } of sources) expect(idle).toBeLessThan(6 * delay)
    const shares = sources.map(({ sent }) => sent / MEGABYTE)
    expect(shares[0]).toBeGreaterThan(15)
    expect(shares[1]).toBeGreaterThan(3)
    expect(shares[2]).toBeLessThan(3)
    // Hardly anything came twice.
    expect(shares.reduce((sum, share) => sum + share)).toBeLessThan(24 + 1)
  })

  it('are asked ahead for what they bring in a second or so: enough for a long way, and no more', async () => {
    const simulation = new Simulation(32 * MEGABYTE)
    const [fast, slow] = [
      simulation.add('fast', { rate: 8_000, delay: 400 }),
      simulation.add('slow', { rate: 20, delay: 400 }),
    ]
    simulation.start()
    await simulation.clock.advance(2_500)
    expect(fast.asked.length * PIECE).toBeGreaterThan(8_000 * 400)
    expect(fast.asked.length * PIECE).toBeLessThanOrEqual(16 * MEGABYTE)
    await simulation.finish()
    expect(simulation.end).toBe('done')
    // All that it was asked for at first, of which others brought most.
    expect(slow.log.length).toBeLessThan(12)
  })

  it('are one after another asked for the last pieces, and the slower one is told to stop', async () => {
    const simulation = new Simulation(4 * PIECE)
    const slow = simulation.add('slow', { rate: 10 })
    simulation.start()
    await simulation.clock.advance(1_500)
    expect(slow.log).toEqual([0, 1, 2, 3])
    const fast = simulation.add('fast', { rate: 10_000 })
    simulation.named = [slow, fast]
    await simulation.finish(60_000)
    expect(simulation.end).toBe('done')
    expect(simulation.isRight).toBe(true)
    // From behind: what the slow one would have brought last.
    expect(fast.log.slice(0, 2)).toEqual([3, 2])
    expect(slow.cancelled).toEqual(expect.arrayContaining([3, 2]))
    expect(simulation.verified.sort()).toEqual([0, 1, 2, 3])
  })
})

/** What a source says when the connection breaks off. */
const broken = (): BitTrickleError => new BitTrickleError('SOURCE_LOST', 'Broken off.', { retryable: true })

describe('a source that stalls', () => {
  it('is noticed within some seconds, others bring what it owes, and it is given up after a while', async () => {
    const simulation = new Simulation(20 * MEGABYTE)
    const [good, stalling] = [
      simulation.add('good', { rate: 500 }),
      simulation.add('stalling', { rate: 500 }),
    ]
    simulation.start()
    await simulation.clock.advance(2_000)
    stalling.isStalled = true
    const owed = [...stalling.asked]
    expect(owed.length).toBeGreaterThan(2)
    await simulation.clock.advance(6_500)
    // One shows whether it goes on; the others are free for others.
    expect(stalling.asked).toEqual([owed[0]])
    expect(stalling.cancelled).toEqual(owed.slice(1))
    await simulation.clock.advance(2_000)
    expect(good.log).toEqual(expect.arrayContaining(owed.slice(1)))
    expect(simulation.losses).toEqual([])
    await simulation.clock.advance(23_000)
    expect(simulation.losses).toEqual(['stalling SOURCE_LOST'])
    await simulation.finish()
    expect(simulation.end).toBe('done')
    expect(simulation.isRight).toBe(true)
    expect(good.log).toContain(owed[0])
  })

  it('does not hold up the end though every source of a piece does, as long as there is another', async () => {
    const simulation = new Simulation(4 * PIECE)
    const stalling = ['one', 'two', 'three'].map((name) => simulation.add(name))
    for (const source of stalling) source.isStalled = true
    simulation.start()
    await simulation.clock.advance(8_000)
    expect(stalling.every(({ asked }) => asked.length > 0)).toBe(true)
    const good = simulation.add('good')
    stalling[0]?.end(broken())
    await simulation.finish(20_000)
    expect(simulation.end).toBe('done')
    expect(good.sent).toBe(4 * PIECE)
  })

  it('and goes on is a source again', async () => {
    const simulation = new Simulation(8 * MEGABYTE)
    const source = simulation.add('only', { rate: 500 })
    simulation.start()
    await simulation.clock.advance(2_000)
    source.isStalled = true
    await simulation.clock.advance(20_000)
    source.isStalled = false
    source.go()
    await simulation.finish()
    expect(simulation.end).toBe('done')
    expect(simulation.losses).toEqual([])
    expect(source.opened).toBe(1)
  })

  it('with the piece layer is not waited for when another has it', async () => {
    const simulation = new Simulation(4 * PIECE)
    const stalling = simulation.add('stalling')
    stalling.isStalled = true
    stalling.isMute = true
    const good = simulation.add('good', { delay: 10 })
    simulation.start()
    await simulation.clock.advance(4_500)
    expect(simulation.starts).toBe(0)
    await simulation.finish(10_000)
    expect(simulation.end).toBe('done')
    expect(good.sent).toBe(4 * PIECE)
    expect(simulation.starts).toBe(1)
  })

  it('is no source that answers other questions of ours meanwhile', async () => {
    const simulation = new Simulation(8 * MEGABYTE)
    const source = simulation.add('only', { rate: 500 })
    simulation.start()
    await simulation.clock.advance(2_000)
    source.isStalled = true
    for (let second = 0; second < 120; second++) {
      source.dataBytes += 1_000
      await simulation.clock.advance(1_000)
    }
    expect(simulation.losses).toEqual([])
    // It cannot be that busy.
    for (let second = 0; second < 200; second++) {
      source.dataBytes += 1_000
      await simulation.clock.advance(1_000)
    }
    expect(simulation.losses).toEqual(['only SOURCE_LOST'])
    simulation.download?.cancel()
  })
})

describe('a source with no slot for us', () => {
  it('is waited for in its line with one piece, while others bring the rest', async () => {
    const simulation = new Simulation(16 * MEGABYTE)
    const queued = simulation.add('queued')
    simulation.add('good', { rate: 40 })
    queued.isStalled = true
    simulation.start()
    await simulation.clock.advance(100)
    queued.listener?.onQueued(3)
    await simulation.clock.advance(2_000)
    expect(queued.asked).toHaveLength(1)
    const [first] = queued.asked
    await simulation.clock.advance(300_000)
    queued.listener?.onQueued(3)
    queued.listener?.onQueued(1)
    expect(simulation.losses).toEqual([])
    expect(queued.asked).toEqual([first])
    expect(simulation.queued).toEqual([
      { source: queued.record, place: 3 },
      { source: queued.record, place: 1 },
    ])
    // The ticket is renewed all the while.
    expect(queued.tickets.length).toBeGreaterThan(10)
    queued.listener?.onQueued(0)
    queued.isStalled = false
    queued.go()
    expect(queued.asked.length).toBeGreaterThan(2)
    await simulation.finish()
    expect(simulation.end).toBe('done')
    expect(simulation.isRight).toBe(true)
    expect(simulation.queued.at(-1)).toEqual({ source: queued.record, place: 0 })
  })

  it('keeps our place when another has brought the piece for which we wait', async () => {
    const simulation = new Simulation(8 * PIECE)
    const queued = simulation.add('queued', { pieces: [0, 5] })
    queued.isStalled = true
    simulation.start()
    await simulation.clock.advance(100)
    queued.listener?.onQueued(1)
    await simulation.clock.advance(1_500)
    expect(queued.asked).toEqual([0])
    simulation.add('good', { pieces: [0, 1, 2, 3, 4, 6, 7] })
    await simulation.clock.advance(25_000)
    expect(simulation.verified).toContain(0)
    // What it stands for now was asked for before the other one was taken back.
    expect(queued.asked).toEqual([5])
    expect(queued.calls.slice(-2)).toEqual(['request 5', 'cancel 0'])
  })

  it('nor in its line is asked again at the time that it has named, and not before', async () => {
    const simulation = new Simulation(4 * PIECE)
    const busy = simulation.add('busy')
    simulation.start()
    const full = new BitTrickleError('UPLOADS_FULL', 'Full.', { retryable: true, retryAfter: 150_000 })
    busy.end(full)
    await simulation.clock.advance(10)
    busy.end(full)
    expect(simulation.losses).toEqual(['busy UPLOADS_FULL'])
    await simulation.clock.advance(149_000)
    // Longer than a source that has vanished would be waited for.
    expect(busy.opened).toBe(1)
    expect(simulation.end).toBeUndefined()
    await simulation.clock.advance(3_000)
    expect(busy.opened).toBe(2)
    await simulation.finish(1_000)
    expect(simulation.end).toBe('done')
  })
})

describe('a source that was lost', () => {
  it('is tried again ever more seldom, while the index names it', async () => {
    const simulation = new Simulation(8 * MEGABYTE)
    const lost = simulation.add('lost')
    simulation.add('good', { rate: 20 })
    simulation.start()
    await simulation.clock.advance(500)
    lost.refusal = broken()
    lost.end(broken())
    await simulation.clock.advance(10_000)
    const soon = simulation.losses.length
    await simulation.clock.advance(100_000)
    const late = simulation.losses.length - soon
    expect(soon).toBeGreaterThanOrEqual(3)
    expect(late).toBeGreaterThanOrEqual(2)
    expect(late / 10).toBeLessThan(soon / 2)
    // Not named, not tried; named again, tried again.
    simulation.named = simulation.named.filter((source) => source !== lost)
    await simulation.clock.advance(30_000)
    const { length } = simulation.losses
    await simulation.clock.advance(60_000)
    expect(simulation.losses).toHaveLength(length)
    lost.refusal = undefined
    simulation.named.push(lost)
    await simulation.clock.advance(60_000)
    expect(lost.opened).toBe(2)
    await simulation.finish()
    expect(simulation.end).toBe('done')
  })

  it('is replaced by others that the index names', async () => {
    const simulation = new Simulation(8 * MEGABYTE)
    const first = simulation.add('first', { rate: 100 })
    simulation.start()
    await simulation.clock.advance(3_000)
    const next = simulation.add('next')
    simulation.named = [next]
    first.end(broken())
    await simulation.clock.advance(5_000)
    expect(next.opened).toBe(1)
    await simulation.finish()
    expect(simulation.end).toBe('done')
    expect(simulation.isRight).toBe(true)
  })

  it('as all others is waited for, and the download goes on when one returns', async () => {
    const simulation = new Simulation(8 * MEGABYTE)
    const sources = ['one', 'two', 'three'].map((name) => simulation.add(name, { rate: 100 }))
    simulation.start()
    await simulation.clock.advance(3_000)
    simulation.named = []
    simulation.failure = new BitTrickleError('NOT_FOUND', 'Nobody.', { retryable: true })
    for (const source of sources) {
      source.refusal = broken()
      source.end(broken())
    }
    const { length } = simulation.verified
    await simulation.clock.advance(100_000)
    expect(simulation.end).toBeUndefined()
    expect(simulation.verified).toHaveLength(length)
    simulation.failure = undefined
    simulation.named = sources.slice(1, 2)
    for (const source of sources) source.refusal = undefined
    await simulation.finish(120_000)
    expect(simulation.end).toBe('done')
    expect(simulation.isRight).toBe(true)
    expect(simulation.starts).toBe(1)
  })

  it('as all others for longer than two minutes ends it, and the error says why', async () => {
    const simulation = new Simulation(8 * MEGABYTE)
    const source = simulation.add('only', { rate: 100 })
    simulation.start()
    await simulation.clock.advance(3_000)
    source.refusal = new BitTrickleError('SOURCE_UNREACHABLE', 'Nobody answers.', { retryable: true })
    source.end(broken())
    await simulation.clock.advance(118_000)
    expect(simulation.end).toBeUndefined()
    await simulation.clock.advance(4_000)
    expect(simulation.end).toMatchObject({
      code: 'SOURCE_LOST',
      retryable: true,
      message: expect.stringContaining('Nobody answers.'),
    })
    // It was asked for patiently, and the index as well.
    expect(simulation.locates.length).toBeLessThan(30)
    await simulation.clock.advance(1_000)
    expect(simulation.clock.timers).toBe(0)
  })

  it('before anything has begun ends it at once', async () => {
    const simulation = new Simulation(8 * MEGABYTE)
    simulation.add('only').refusal = new BitTrickleError('SOURCE_UNREACHABLE', 'Nobody answers.')
    simulation.start()
    await simulation.clock.advance(0)
    expect(simulation.end).toMatchObject({ code: 'SOURCE_UNREACHABLE' })
  })
})

describe('a source that lies', () => {
  it('is given up for good, and the warning says who it was and what it sent', async () => {
    const simulation = new Simulation(8 * MEGABYTE)
    const [liar, good] = [simulation.add('liar'), simulation.add('good')]
    liar.isLying = true
    simulation.start()
    await simulation.finish()
    expect(simulation.end).toBe('done')
    expect(simulation.isRight).toBe(true)
    expect(simulation.losses).toEqual(['liar CONTENT_MISMATCH'])
    expect(simulation.warnings).toEqual([
      expect.stringMatching(/^"liar" sent a wrong piece \d+ \("a\.bin"\)/),
    ])
    expect(liar.opened).toBe(1)
    expect(good.sent).toBe(8 * MEGABYTE)
  })

  it('as all others ends it as soon as the index names nobody else', async () => {
    const simulation = new Simulation(8 * MEGABYTE)
    simulation.add('liar').isLying = true
    simulation.start()
    await simulation.clock.advance(500)
    expect(simulation.end).toMatchObject({ code: 'CONTENT_MISMATCH' })
    expect(simulation.locates).toHaveLength(1)
  })

  it('about the piece layer is given up too', async () => {
    const simulation = new Simulation(8 * MEGABYTE)
    simulation.add('liar', {}, new TestContent(8 * MEGABYTE))
    simulation.add('good', { delay: 5 })
    simulation.start()
    await simulation.finish()
    expect(simulation.end).toBe('done')
    expect(simulation.isRight).toBe(true)
    expect(simulation.warnings).toEqual([expect.stringContaining('"liar" sent hashes')])
  })

  it('cannot alter the piece layer behind the check', async () => {
    const simulation = new Simulation(8 * PIECE)
    const other = new TestContent(8 * PIECE)
    const liar = simulation.add('liar')
    let layer: Buffer | undefined
    const open = liar.open.bind(liar)
    liar.open = (...args) => ({
      ...open(...args),
      layer: async () => {
        layer = Buffer.from(simulation.served.content.pieces)
        return layer
      },
    })
    simulation.sink.isChecked = false
    // While what was there is being looked at, time passes.
    simulation.sink.onCheck = async () => {
      other.content.pieces.copy(layer as Buffer)
      other.bytes.copy(liar.served.bytes)
    }
    const right = Buffer.from(simulation.served.bytes)
    simulation.start()
    await simulation.clock.advance(1_000)
    for (let piece = 0; piece < 8; piece++) {
      const range = [piece * PIECE, (piece + 1) * PIECE] as const
      if (!simulation.sink.pieces.has(piece)) continue
      expect(simulation.sink.bytes.subarray(...range).equals(right.subarray(...range))).toBe(true)
    }
    expect(simulation.end).toMatchObject({ code: 'CONTENT_MISMATCH' })
  })

  it('cannot write over what another source has brought', async () => {
    const simulation = new Simulation(PIECE)
    const [good, liar] = [simulation.add('good', { rate: 20 }), simulation.add('liar', { rate: 100_000 })]
    liar.isLying = true
    liar.isStalled = true
    let write = (): void => {}
    simulation.sink.gate = () => new Promise((resolve) => (write = resolve))
    simulation.start()
    // The good one is slow, so that the other one is asked too. Then all that it sends comes between the last byte of the
    // first and the moment in which that is on the disk.
    await simulation.clock.advance(7_000)
    expect([good.asked.length, liar.log.length]).toEqual([0, 1])
    liar.isStalled = false
    liar.go()
    await simulation.clock.advance(100)
    write()
    await simulation.finish(10_000)
    expect(simulation.end).toBe('done')
    expect(simulation.isRight).toBe(true)
  })
})

describe('a paused download', () => {
  it('asks for nothing more, takes what is under way, and goes on', async () => {
    const simulation = new Simulation(8 * MEGABYTE)
    const source = simulation.add('only', { rate: 500 })
    const download = simulation.start()
    await simulation.clock.advance(2_000)
    download.pause()
    const { length } = source.log
    await simulation.clock.advance(5_000)
    expect(source.asked).toEqual([])
    expect(source.log).toHaveLength(length)
    download.resume()
    await simulation.finish()
    expect(simulation.end).toBe('done')
    expect(simulation.isRight).toBe(true)
  })

  it('may last as long as it likes: slots are lost and found, tickets renewed, nobody is given up', async () => {
    const simulation = new Simulation(8 * MEGABYTE)
    const source = simulation.add('only', { rate: 500 })
    const download = simulation.start()
    await simulation.clock.advance(2_000)
    download.pause()
    await simulation.clock.advance(35_000)
    // Who asks for nothing loses the slot.
    source.end(new BitTrickleError('SOURCE_LOST', 'Nothing was asked for too long.', { retryable: true }))
    await simulation.clock.advance(3_600_000)
    expect(simulation.losses).toEqual([])
    expect(source.opened).toBe(1)
    expect(simulation.locates.length).toBeGreaterThan(100)
    download.resume()
    await simulation.finish()
    expect(simulation.end).toBe('done')
    expect(simulation.isRight).toBe(true)
    expect(source.opened).toBe(2)
    expect(source.tickets.at(-1)).toBe(`ticket ${simulation.locates.length}`)
  })

  it('whose sources have gone meanwhile waits for them as long as any other', async () => {
    const simulation = new Simulation(8 * MEGABYTE)
    const source = simulation.add('only', { rate: 100 })
    const download = simulation.start()
    await simulation.clock.advance(3_000)
    download.pause()
    simulation.named = []
    source.refusal = broken()
    source.end(broken())
    await simulation.clock.advance(600_000)
    expect(simulation.end).toBeUndefined()
    download.resume()
    await simulation.clock.advance(110_000)
    expect(simulation.end).toBeUndefined()
    source.refusal = undefined
    simulation.named = [source]
    await simulation.finish(30_000)
    await simulation.finish()
    expect(simulation.end).toBe('done')
  })
})

describe('the index', () => {
  it('is asked for another ticket in good time, and soon again when it does not answer', async () => {
    const simulation = new Simulation(16 * MEGABYTE)
    const source = simulation.add('only', { rate: 100 })
    simulation.start()
    await simulation.clock.advance(60_000)
    expect(simulation.locates).toEqual([25_000, 50_000])
    expect(source.tickets).toEqual(['ticket 0', 'ticket 1', 'ticket 2'])
    simulation.failure = new BitTrickleError('INDEX_UNREACHABLE', 'Away.', { retryable: true })
    await simulation.clock.advance(30_000)
    expect(simulation.locates.slice(2)).toEqual([75_000, 77_000, 81_000, 89_000])
    simulation.failure = undefined
    await simulation.clock.advance(10_000)
    expect(source.tickets).toHaveLength(4)
    // All the while the bytes have come.
    expect(simulation.losses).toEqual([])
    expect(source.sent).toBeGreaterThan(9_000_000)
    simulation.download?.cancel()
    await simulation.clock.advance(1_000)
    expect(simulation.clock.timers).toBe(0)
  })
})

describe('what a download tells', () => {
  it('is when it begins, once, and each piece that is verified', async () => {
    const simulation = new Simulation(3 * PIECE + 1)
    for (const name of ['one', 'two', 'three']) simulation.add(name)
    const pieces: unknown[] = []
    simulation.start().on('verified', (piece) => pieces.push(piece))
    await simulation.finish()
    expect(simulation.starts).toBe(1)
    expect(pieces.sort()).toHaveLength(4)
    expect(pieces).toEqual(
      expect.arrayContaining([
        { piece: 0, offset: 0, length: PIECE },
        { piece: 3, offset: 3 * PIECE, length: 1 },
      ]),
    )
  })

  it('is how many bytes have come: those that are of no use do not count', async () => {
    const simulation = new Simulation(8 * MEGABYTE)
    const source = simulation.add('only', { rate: 100 })
    const download = simulation.start()
    await simulation.clock.advance(2_050)
    expect(download.progress.transferred).toBe(source.sent)
    expect(source.sent % PIECE).not.toBe(0)
    source.end(broken())
    await simulation.clock.advance(5_000)
    expect(download.progress.transferred).toBeLessThan(source.sent)
    await simulation.finish()
    expect(download.progress).toEqual({ transferred: 8 * MEGABYTE, size: 8 * MEGABYTE })
  })

  it('is an error of the disk', async () => {
    const simulation = new Simulation(8 * MEGABYTE)
    simulation.add('only')
    simulation.sink.write = async () => {
      throw new BitTrickleError('DISK_ERROR', 'Full.')
    }
    simulation.start()
    await simulation.finish()
    expect(simulation.end).toMatchObject({ code: 'DISK_ERROR' })
  })
})
