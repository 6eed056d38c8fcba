import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EventEmitter } from 'eventemitter3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Settings } from '../../../src/cli/config/settings.js'
import { askHolder } from '../../../src/cli/holder/ask-holder.js'
import { type HolderLink, Lease } from '../../../src/cli/holder/lease.js'
import { Requests } from '../../../src/cli/holder/requests.js'
import type { Output } from '../../../src/cli/output/output.js'
import { findShellWord } from '../../../src/cli/words/index.js'
import type { PeerWord } from '../../../src/cli/words/word.js'
import { BitTrickleError, type Peer } from '../../../src/index.js'

/** As much of a peer as these words need. */
class FakePeer extends EventEmitter {
  hits = ['a.txt']
  answer: Promise<void> = Promise.resolve()
  signal: AbortSignal | undefined

  async *search(query: string, { signal }: { signal: AbortSignal }) {
    this.signal = signal
    this.emit('warning', { message: `of ${query}` })
    await this.answer
    if (query === 'bad') throw new BitTrickleError('INVALID_NAME', 'No such text.')
    for (const name of this.hits) yield { name, size: 5 }
  }

  get(name: string) {
    const done = Promise.resolve({ name, path: `/in/${name}`, size: 5 })
    return Object.assign(new EventEmitter(), { name, progress: { transferred: 5 }, done })
  }
}

let stateDir: string
let lease: Lease
let requests: Requests
let peer: FakePeer
let heard: unknown[]
const ending = new AbortController()

const output: Output = {
  list: ({ rows }) => heard.push(['list', rows.map(({ record }) => record)]),
  result: (text) => heard.push(['result', text]),
  note: (text, record) => heard.push(['note', text, record]),
  failure: ({ code }) => heard.push(['failure', code]),
  progress: () => {},
  progressEnd: () => heard.push(['end']),
  confirm: async (question) => {
    heard.push(['confirm', question])
    return question.startsWith('Download 1 file')
  },
}

const never = new Promise(() => {})

const address = () => ({ stateDir, username: 'hans', server: 'localhost' })

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'bittrickle-requests-'))
  requests = new Requests({ pid: 123, what: 'bittrickle serve' })
  lease = (await Lease.take({ ...address(), onVisitor: (socket) => requests.visit(socket) })) as Lease
  peer = new FakePeer()
  heard = []
})
afterEach(async () => {
  lease.release()
  await rm(stateDir, { recursive: true })
})

const begin = (isQuick = false): void =>
  requests.begin({
    peer: peer as unknown as Peer,
    shareDir: '/share',
    share: '/share',
    download: '/in',
    isQuick,
    shared: new Map(),
  })

const visit = async (): Promise<HolderLink> =>
  (await Lease.take({ ...address(), onVisitor: () => {} })) as HolderLink

async function ask(
  name: string,
  args: string[],
  {
    options = {},
    signal = ending.signal,
    link,
    ...settings
  }: Partial<Settings> & { options?: object; signal?: AbortSignal; link?: HolderLink } = {},
): Promise<number | undefined> {
  const mine = { username: 'hans', share: '/share', download: '/in', ...settings } as Settings
  const word = findShellWord(name) as PeerWord
  return askHolder(
    link ?? (await visit()),
    { word, said: { args, options: { ...options } } },
    { settings: mine, output, signal },
  )
}

it('what a program is asked for appears where it was asked', async () => {
  begin()
  expect(await ask('search', ['x'])).toBe(0)
  expect(heard).toEqual([
    ['note', 'of x', { event: 'warning', message: 'of x' }],
    ['list', [{ name: 'a.txt', size: 5 }]],
  ])
  expect(peer.listenerCount('warning')).toBe(0)
})

it('who comes while it logs in waits for that', async () => {
  const asked = ask('search', ['x'])
  begin()
  expect(await asked).toBe(0)
})

it('a failure is that of the one who asked', async () => {
  begin()
  expect(await ask('search', ['bad'])).toBe(2)
  expect(heard.at(-1)).toEqual(['failure', 'INVALID_NAME'])
})

it('questions are answered where it was asked', async () => {
  begin()
  expect(await ask('get', ['x'], { options: { all: true } })).toBe(0)
  expect(heard.slice(1)).toEqual([
    ['confirm', 'Download 1 file, 5 B?'],
    ['end'],
    ['result', 'Downloaded a.txt: 5 B, at /in/a.txt'],
  ])
  peer.hits = ['a', 'b']
  heard = []
  expect(await ask('get', ['x'], { options: { all: true } })).toBe(0)
  expect(heard.slice(1)).toEqual([['confirm', 'Download 2 files, 10 B?']])
})

it('who asks and goes gives it up', async () => {
  begin()
  const going = new AbortController()
  let end: () => void = () => {}
  peer.answer = new Promise((resolve) => {
    end = resolve
  })
  const asked = ask('search', ['x'], { signal: going.signal })
  await expect.poll(() => peer.signal).toBeDefined()
  going.abort()
  await expect(asked).rejects.toThrow('abort')
  await expect.poll(() => peer.signal?.aborted).toBe(true)
  end()
  await requests.end(output, never)
})

it('a peer with other folders will not do, where they matter', async () => {
  begin()
  await expect(ask('publish', ['a'], { share: '/other' })).rejects.toThrow('It shares /share, not /other.')
  await expect(ask('get', ['a'], { download: '/other' })).rejects.toThrow(
    'It downloads to /in, not to /other.',
  )
  expect(await ask('search', ['a'], { download: '/other', share: '/other' })).toBe(0)
})

it('what is under way is finished before the program leaves; who comes later has to log in by itself', async () => {
  begin()
  let end: () => void = () => {}
  peer.answer = new Promise((resolve) => {
    end = resolve
  })
  const asked = ask('search', ['x'])
  await expect.poll(() => peer.signal).toBeDefined()
  let hasEnded = false
  const ended = requests.end(output, never).then(() => {
    hasEnded = true
  })
  const late = ask('search', ['late'], { link: await visit() })
  await new Promise((resolve) => setImmediate(resolve))
  expect(hasEnded).toBe(false)
  end()
  expect(await asked).toBe(0)
  await ended
  lease.release()
  expect(await late).toBeUndefined()
})

it('a long word waits for a quick program to leave, and does not keep it from that', async () => {
  begin(true)
  expect(await ask('search', ['x'])).toBe(0)
  const link = await visit()
  const late = ask('get', ['x'], { link })
  await requests.end(output, never)
  lease.release()
  expect(await late).toBeUndefined()
})

it('a program that is asked to end does not wait for others', async () => {
  begin()
  peer.answer = new Promise(() => {})
  const asked = ask('search', ['x'])
  await expect.poll(() => peer.signal).toBeDefined()
  await requests.end(output, Promise.resolve())
  lease.release()
  await expect(asked).rejects.toMatchObject({ code: 'CLOSED' })
})

it('a program that ends half-way is told of', async () => {
  begin()
  peer.answer = new Promise(() => {})
  const asked = ask('search', ['x'])
  await expect.poll(() => peer.signal).toBeDefined()
  lease.release()
  await expect(asked).rejects.toMatchObject({
    code: 'CLOSED',
    message: expect.stringContaining('Process 123'),
  })
})
