import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AuditTrail } from '../../../src/server/audit/audit-trail.js'
import { ManualClock } from '../../helpers/manual-clock.js'

const address = { host: '192.0.2.7', port: 40_000 }

let folder: string
let clock: ManualClock
let trail: AuditTrail

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-audit-'))
  clock = new ManualClock()
  trail = new AuditTrail({ path: join(folder, 'audit.ndjson'), clock, onWarning: () => {} })
  await trail.open('key')
})
afterEach(() => rm(folder, { recursive: true }))

/** What the trail says, without the chain and its ends. */
async function written(): Promise<Record<string, unknown>[]> {
  await trail.close()
  const text = await readFile(join(folder, 'audit.ndjson'), 'utf8')
  const lines = text.split('\n').slice(1, -2)
  return lines.map((line) => {
    const { seq, time, prev, hash, ...rest } = JSON.parse(line)
    return rest
  })
}

const failed = (at: number, username = 'hans'): void =>
  trail.note('loginFailed', { username, address, at: new Date(at), reason: 'credentials' })

describe('an audit trail', () => {
  it('says of each event what it chose to, and nothing of the rest', async () => {
    const at = new Date(clock.now())
    const hans = { username: 'hans', address, at }
    const root = 'r'.repeat(43)
    trail.note('listening', address)
    trail.note('login', { ...hans, password: 'secret' } as never)
    trail.note('locate', { ...hans, name: 'a', sources: ['yoda'], hasTicket: true })
    trail.note('ticket', { ...hans, name: 'a', root, size: 5, sources: ['yoda'], ticket: 'secret' } as never)
    trail.note('locate', { ...hans, name: 'b', sources: ['yoda'], hasTicket: false })
    trail.note('warning', { message: 'w' })
    trail.note('limited', { what: 'logins', address, retryAfter: 5 })
    trail.note('limited', { what: 'handshakes', address, retryAfter: 5 })
    trail.note('expired', hans)
    trail.note('receiptsLost', { username: 'hans', count: 3, at })
    trail.note('close')
    const from = '192.0.2.7:40000'
    expect(await written()).toEqual([
      { type: 'login', user: 'hans', from },
      { type: 'ticket', user: 'hans', name: 'a', root, size: 5, sources: ['yoda'] },
      { type: 'locate', user: 'hans', name: 'b', sources: ['yoda'] },
      { type: 'limited', from, what: 'handshakes', retryAfter: 5 },
      { type: 'expired', user: 'hans', from },
      { type: 'receiptsLost', user: 'hans', count: 3 },
    ])
  })

  it('is not filled by who is refused all the time: the number of those that are left out is told', async () => {
    for (let index = 0; index < 1_500; index++) failed(0)
    trail.note('login', { username: 'yoda', address, at: new Date(0) })
    await clock.advance(1_000)
    for (let index = 0; index < 15; index++) failed(0, 'later')
    const lines = await written()
    expect(lines.map(({ type }) => type)).toEqual([
      ...Array(1_000).fill('loginFailed'),
      'login',
      'omitted',
      ...Array(10).fill('loginFailed'),
      'omitted',
    ])
    expect(lines[1_001]).toEqual({ type: 'omitted', cause: 'stranger', count: 500 })
    expect(lines.at(-1)).toEqual({ type: 'omitted', cause: 'stranger', count: 5 })
  })

  it('keeps room for accounts while strangers flood, and the other way round', async () => {
    for (let index = 0; index < 1_001; index++) failed(0)
    const refused = { address, request: 'locate', code: 'NOT_FOUND', at: new Date(0) } as const
    trail.note('refused', { ...refused, username: 'hans' })
    trail.note('refused', refused)
    const lines = await written()
    expect(lines.slice(1_000)).toMatchObject([
      { type: 'refused', user: 'hans' },
      { type: 'omitted', cause: 'stranger', count: 2 },
    ])
  })
})
