import { describe, expect, it } from 'vitest'
import { Revocations } from '../../src/server/revocations.js'
import type { Session } from '../../src/server/sessions.js'
import { encodeNotice } from '../../src/wire/codec.js'
import type { Notice } from '../../src/wire/messages.js'
import { ManualClock } from '../helpers/manual-clock.js'

const clock = new ManualClock()

function makeSession(username: string, fingerprint?: string): Session & { readonly notices: Notice[] } {
  const notices: Notice[] = []
  return {
    username,
    address: { host: '192.0.2.1', port: 1 },
    tcpPort: 1,
    loggedInAt: new Date(0),
    groups: new Set(),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    notify: (notice) => notices.push(notice),
    notices,
  }
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const usersOf = ({ notices }: { readonly notices: readonly Notice[] }): string[] =>
  notices.flatMap((notice) => (notice.type === 'revoked' ? notice.usernames : []))

describe('accounts that are taken away', () => {
  it('are told to all who serve for tickets, with the last moment at which one of theirs can run out', () => {
    const [source, classic] = [makeSession('yoda', 'print'), makeSession('luke')]
    const revocations = new Revocations(clock, () => [source, classic])
    revocations.revoke(['hans'])
    const expires = Math.floor((clock.now() + 60_000) / 1000)
    expect(source.notices).toEqual([{ type: 'revoked', usernames: ['hans'], expires }])
    expect(classic.notices).toEqual([])
  })

  it('are as many at once as fit a datagram, however long their names', () => {
    const source = makeSession('yoda', 'print')
    // What JSON writes with twice as many bytes.
    const names = Array.from({ length: 30 }, (_, number) => `${number}`.padStart(64, '"'))
    new Revocations(clock, () => [source]).revoke(names)
    expect(usersOf(source)).toEqual(names)
    for (const notice of source.notices) expect(encodeNotice(notice).length).toBeLessThanOrEqual(1100)
  })

  it('are told to who logs in within the minute', async () => {
    const revocations = new Revocations(clock, () => [])
    revocations.revoke(['hans'])
    await clock.advance(1_500)
    revocations.revoke(['luke'])
    const [early, late] = [makeSession('yoda', 'print'), makeSession('leia', 'print')]
    revocations.tell(early)
    expect(usersOf(early)).toEqual(['hans', 'luke'])
    expect(early.notices).toHaveLength(2)
    await clock.advance(60_000)
    revocations.tell(late)
    expect(usersOf(late)).toEqual([])
  })

  it('are told to many peers in several turns, and to none after the end', async () => {
    const sources = Array.from({ length: 1_001 }, (_, number) => makeSession(`${number}`, 'print'))
    const told = (): number => sources.filter(({ notices }) => notices.length > 0).length
    const revocations = new Revocations(clock, () => sources)
    revocations.revoke(['hans'])
    expect(told()).toBe(500)
    await turn()
    expect(told()).toBe(1_000)
    revocations.close()
    await turn()
    expect(told()).toBe(1_000)
  })
})
