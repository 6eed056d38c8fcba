import { beforeEach, describe, expect, it } from 'vitest'
import { BitTrickleError } from '../../../src/errors.js'
import type { SourceRecord } from '../../../src/index.js'
import { SourceRoster } from '../../../src/peer/download/source-roster.js'
import { ManualClock } from '../../helpers/manual-clock.js'

interface Source {
  readonly key: string
  readonly record: SourceRecord
  readonly tickets: string[]
  renew(ticket: string): void
}

const recordOf = (name: number | string, port = 1): SourceRecord => ({
  username: `${name}`,
  host: '127.0.0.1',
  port,
  fingerprint: `${name}`,
})

let clock: ManualClock
let roster: SourceRoster<Source>
let named: SourceRecord[]
let started: Source[]
let hopeless: BitTrickleError[]
let ticks: number

function make(...records: SourceRecord[]): void {
  clock = new ManualClock()
  named = records
  started = []
  hopeless = []
  ticks = 0
  roster = new SourceRoster({
    location: { sources: records, ticket: 'first' },
    locate: async () => ({ sources: named, ticket: `at ${clock.monotonic()}` }),
    clock,
    random: () => 0.5,
    isPaused: () => false,
    start: (record) => {
      const tickets: string[] = []
      const key = record.fingerprint ?? ''
      const source = { key, record, tickets, renew: (ticket: string) => void tickets.push(ticket) }
      started.push(source)
      return source
    },
    onTick: () => {
      ticks++
    },
    onHopeless: (reason) => hopeless.push(reason),
  })
  roster.start()
}
beforeEach(() => make(recordOf('hans')))

const lost = (): BitTrickleError => new BitTrickleError('SOURCE_LOST', 'Lost.', { retryable: true })

describe('a roster of sources', () => {
  it('tries all that are named, each once, and none without a certificate', async () => {
    make(recordOf('hans'), recordOf('vader'), recordOf('hans', 2), { host: '127.0.0.1', port: 1 })
    expect(started.map(({ key }) => key)).toEqual(['hans', 'vader'])
    await clock.advance(25_000)
    expect(started).toHaveLength(2)
    expect(ticks).toBe(25)
    expect(started.map(({ tickets }) => tickets)).toEqual([['at 25000'], ['at 25000']])
    expect(roster.ticket).toBe('at 25000')
    roster.close()
    await clock.advance(1_000)
    expect(clock.timers).toBe(0)
  })

  it('tries no more than sixteen at a time, and another when one is lost', async () => {
    make(...Array.from({ length: 40 }, (_, at) => recordOf(at)))
    expect(started).toHaveLength(16)
    await clock.advance(60_000)
    expect(started).toHaveLength(16)
    roster.lose(started[3] as Source, lost())
    await clock.advance(1_000)
    expect(started).toHaveLength(17)
    expect(started[16]?.key).not.toBe('3')
  })

  it('tries a source where it is now', async () => {
    named = [recordOf('hans', 2)]
    await clock.advance(25_000)
    roster.lose(started[0] as Source, lost())
    await clock.advance(5_000)
    expect(started.map(({ record }) => record.port)).toEqual([1, 2])
  })

  it('does not try those again that were banned, whatever the index says', async () => {
    make(recordOf('hans'), recordOf('vader'))
    const [hans] = started as [Source]
    roster.ban(hans)
    roster.lose(hans, lost())
    await clock.advance(60_000)
    expect(started).toHaveLength(2)
    expect(hopeless).toEqual([])
  })

  it('is hopeless when all were banned, and the index knows nobody else', async () => {
    const [hans] = started as [Source]
    roster.ban(hans)
    named = [recordOf('hans'), recordOf('yoda')]
    roster.lose(hans, lost())
    await clock.advance(10)
    expect(hopeless).toEqual([])
    expect(started.map(({ key }) => key)).toEqual(['hans', 'yoda'])
    roster.ban(started[1] as Source)
    roster.lose(started[1] as Source, lost())
    await clock.advance(10)
    expect(hopeless).toMatchObject([{ code: 'SOURCE_LOST', message: 'Lost.' }])
  })

  it('tells nothing of a source that was lost before', async () => {
    const [hans] = started as [Source]
    roster.lose(hans, lost())
    await clock.advance(2_000)
    expect(started).toHaveLength(2)
    roster.lose(hans, lost())
    expect([...roster]).toEqual([started[1]])
  })

  it('does not grow with an index that names others each time: the oldest bans are forgotten', async () => {
    for (let next = 0; next < 1_200; next += 10) {
      named = Array.from({ length: 10 }, (_, at) => recordOf(next + at))
      await clock.advance(10_000)
      for (const source of [...roster]) {
        roster.ban(source)
        roster.lose(source, lost())
      }
    }
    await clock.advance(10)
    for (const source of [...roster]) roster.ban(source)
    for (const source of [...roster]) roster.lose(source, lost())
    named = [recordOf(0), recordOf(1_199)]
    await clock.advance(10_000)
    const triesOf = (name: string): number => started.filter(({ key }) => key === name).length
    expect([triesOf('0'), triesOf('1199')]).toEqual([2, 1])
  })
})
