import { describe, expect, it } from 'vitest'
import { Agenda } from '../../../../src/peer/share/watch/agenda.js'
import { Settling } from '../../../../src/peer/share/watch/settling.js'
import { ManualClock } from '../../../helpers/manual-clock.js'

function makeAgenda(round: (paths: string[]) => Promise<void> = async () => {}) {
  const clock = new ManualClock()
  const rounds: [at: number, paths: string[]][] = []
  const agenda = new Agenda({
    clock,
    whole: '',
    grid: 500,
    round: (paths) => {
      rounds.push([clock.monotonic(), [...paths].sort()])
      return round([...paths])
    },
  })
  return { clock, rounds, agenda }
}

describe('the agenda of a shared folder', () => {
  it('gathers what comes together', async () => {
    const { clock, rounds, agenda } = makeAgenda()
    for (const path of ['a', 'b', 'a']) {
      agenda.note(path)
      await clock.advance(40)
    }
    await clock.advance(60)
    agenda.note('c')
    await clock.advance(100)
    expect(rounds).toEqual([
      [100, ['a', 'b']],
      [280, ['c']],
    ])
  })

  it('puts together what is to be looked at later, and does not look at it before', async () => {
    const { clock, rounds, agenda } = makeAgenda()
    agenda.later('a', 2_000)
    await clock.advance(300)
    agenda.later('b', 2_000)
    agenda.later('c', 1_900)
    agenda.note('a')
    await clock.advance(3_000)
    expect(rounds).toEqual([
      [2_000, ['a']],
      [2_500, ['b', 'c']],
    ])
    agenda.note('a')
    await clock.advance(100)
    expect(rounds.at(-1)).toEqual([3_400, ['a']])
  })

  it('goes one round at a time, and loses nothing that comes meanwhile', async () => {
    let finish = (): void => {}
    const { clock, rounds, agenda } = makeAgenda(
      () =>
        new Promise((resolve) => {
          finish = resolve
        }),
    )
    agenda.note('a')
    await clock.advance(100)
    agenda.note('b')
    await clock.advance(1_000)
    agenda.noteAll()
    expect(rounds).toHaveLength(1)
    finish()
    await clock.advance(0)
    // All of it is looked at: one by one they need not be.
    expect(rounds.at(-1)).toEqual([1_100, ['', 'b']])
    const closing = agenda.close()
    agenda.note('c')
    agenda.later('d', 10)
    finish()
    await closing
    await clock.advance(1_000)
    expect(rounds).toHaveLength(2)
    expect(clock.timers).toBe(0)
  })

  it('does not remember more paths than it must', async () => {
    const { clock, rounds, agenda } = makeAgenda()
    for (let number = 0; number < 10_002; number++) agenda.note(`${number}`)
    await clock.advance(100)
    expect(rounds).toEqual([[100, ['']]])
  })
})

describe('a file settles', () => {
  it('when nothing has changed for the time', async () => {
    const clock = new ManualClock()
    const settling = new Settling(clock, 1_000)
    const left = (stamp: string): number => settling.left('a', stamp, clock.now())
    expect(left('1')).toBe(1_000)
    await clock.advance(900)
    expect(left('1')).toBe(100)
    expect(left('2')).toBe(1_000)
    await clock.advance(999)
    expect(left('2')).toBe(1)
    await clock.advance(1)
    expect(left('2')).toBe(0)
  })

  it('with the time that has passed since it was changed, unless that is in the future', () => {
    const clock = new ManualClock()
    const settling = new Settling(clock, 1_000)
    expect(settling.left('a', '1', clock.now() - 400)).toBe(600)
    expect(settling.left('b', '1', clock.now() - 1_000)).toBe(0)
    expect(settling.left('c', '1', clock.now() + 5_000)).toBe(1_000)
  })

  it('from the beginning, when it went and came again', async () => {
    const clock = new ManualClock()
    const settling = new Settling(clock, 1_000)
    settling.left('a', '1', clock.now())
    await clock.advance(500)
    settling.retain(() => false)
    expect(settling.left('a', '1', clock.now())).toBe(1_000)
  })
})
