import { describe, expect, it } from 'vitest'
import { BitTrickleError } from '../../../src/errors.js'
import type { Caller } from '../../../src/server/handlers/context.js'
import { handleRequest } from '../../../src/server/handlers/index.js'
import type { IndexLimits } from '../../../src/server/limits.js'
import { ManualClock } from '../../helpers/manual-clock.js'
import { ReadyStore } from '../../helpers/ready-store.js'
import { makeContext } from '../index-harness.js'

const ROOT = Buffer.alloc(32, 1).toString('base64url')
const ADDRESS = { host: '192.0.2.1', port: 40_000 }

/** An index where hans is logged in. */
function start(limits: Partial<IndexLimits> = {}, catalogue = new ReadyStore()) {
  const clock = new ManualClock()
  const { context, events } = makeContext({ clock, limits, catalogue })
  const session = {
    username: 'hans',
    address: ADDRESS,
    tcpPort: 6000,
    groups: new Set<string>(),
    loggedInAt: new Date(clock.now()),
  }
  context.sessions.start(session)
  const caller: Caller = {
    address: ADDRESS,
    username: 'hans',
    deviceKey: undefined,
    bind: () => {},
    findSession: () => session,
  }
  const told: string[] = []
  events.on('publish', ({ name, to }) => told.push(`publish ${name} ${to ?? ''}`))
  const roots: string[] = []
  for (const kind of ['publish', 'republish'] as const) {
    events.on(kind, ({ name, root }) => roots.push(`${kind} ${name} ${root?.[0]}`))
  }
  events.on('republish', ({ name }) => told.push(`republish ${name}`))
  events.on('refused', ({ about, code }) => told.push(`${code} ${about}`))
  const publishAll = async (names: readonly string[], to?: readonly string[]) =>
    handleRequest(context, caller, {
      type: 'publishAll',
      items: names.map((name) => ({ name, root: ROOT, size: 1 })),
      ...(to === undefined ? {} : { to }),
    })
  const publishRoots = async (roots: readonly (readonly [string, string])[]) =>
    handleRequest(context, caller, {
      type: 'publishAll',
      items: roots.map(([name, letter]) => ({ name, root: letter.padEnd(43, 'A'), size: 1 })),
    })
  return { publishAll, publishRoots, catalogue, told, roots }
}

describe('publishAll', () => {
  it('offers all names to those who may see them, and tells the owner of each', async () => {
    const { publishAll, catalogue, told } = start()
    expect(await publishAll(['a', 'b'], ['yoda'])).toEqual({ type: 'publishAll', created: [true, true] })
    expect(await publishAll(['b', 'c'], ['yoda'])).toEqual({ type: 'publishAll', created: [false, true] })
    expect(catalogue.publishedBy('hans').map(({ name, root, audience }) => [name, root, audience])).toEqual([
      ['a', ROOT, 'yoda'],
      ['b', ROOT, 'yoda'],
      ['c', ROOT, 'yoda'],
    ])
    expect(told).toEqual(['publish a yoda', 'publish b yoda', 'publish c yoda'])
    await publishAll(['a'])
    expect(told.at(-1)).toBe('republish a')
  })

  it('refuses what is no name, and not the others', async () => {
    const { publishAll, catalogue, told } = start()
    expect(await publishAll(['a', '../b', 'c'])).toEqual({ type: 'publishAll', created: [true, null, true] })
    expect(catalogue.size).toBe(2)
    expect(told.sort()).toEqual(['INVALID_NAME ../b', 'publish a ', 'publish c '])
  })

  it('takes a name that comes twice for what it is in the end, and tells so', async () => {
    const { publishRoots, roots, catalogue } = start()
    const ask = async (...items: (readonly [string, string])[]) => {
      const { created } = (await publishRoots(items)) as { created: unknown }
      return [created, roots.splice(0), catalogue.offers('a')[0]?.root?.[0]]
    }
    expect(await ask(['a', 'R'], ['a', 'S'])).toEqual([[true, false], ['publish a R', 'republish a S'], 'S'])
    expect(await ask(['a', 'R'], ['a', 'S'])).toEqual([
      [false, false],
      ['republish a R', 'republish a S'],
      'S',
    ])
    expect(await ask(['a', 'R'], ['a', 'R'])).toEqual([[false, false], ['republish a R'], 'R'])
  })

  it('keeps to the most that a user may publish', async () => {
    const { publishAll, catalogue } = start({ publicationsPerUser: 2 })
    expect(await publishAll(['a', 'b', 'c', 'a'])).toMatchObject({ created: [true, true, null, false] })
    expect(catalogue.size).toBe(2)
  })

  it('is refused as a whole where it names nobody', async () => {
    const { publishAll, catalogue, told } = start()
    expect(await publishAll(['a', 'b'], [])).toMatchObject({ type: 'failure', code: 'INVALID_OPTION' })
    expect(catalogue.size).toBe(0)
    expect(told).toEqual(['INVALID_OPTION a b'])
  })

  it('passes over what the disk does not take, and fails where the store itself does', async () => {
    const broken = new ReadyStore()
    const full = new BitTrickleError('DISK_ERROR', 'Full.')
    broken.publishAll = async (entries) => entries.map(({ name }) => (name === 'a' ? full : true))
    expect(await start({}, broken).publishAll(['a', 'b'])).toMatchObject({ created: [null, true] })
    broken.publishAll = async () => [new TypeError('a mistake'), true]
    const { publishAll, told } = start({}, broken)
    expect(await publishAll(['a', 'b'])).toMatchObject({ type: 'failure', code: 'INTERNAL' })
    // What was published is told all the same.
    expect(told[0]).toBe('publish b ')
  })
})
