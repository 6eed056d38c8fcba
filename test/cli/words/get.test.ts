import { EventEmitter } from 'eventemitter3'
import { describe, expect, it } from 'vitest'
import type { Failure } from '../../../src/cli/failures.js'
import type { Progress } from '../../../src/cli/output/progress-text.js'
import { get } from '../../../src/cli/words/get.js'
import type { WordContext } from '../../../src/cli/words/word.js'
import { BitTrickleError, type Peer } from '../../../src/index.js'

/** A peer whose downloads end when the test says so. */
class FakePeer {
  readonly downloads = new Map<string, FakeDownload>()
  readonly options = new Map<string, object>()
  most = 0
  hits: { name: string; size?: number }[] = []
  searched: unknown[] = []

  get(name: string, options: object): FakeDownload {
    const download = new FakeDownload(name)
    this.downloads.set(name, download)
    this.options.set(name, options)
    this.most = Math.max(this.most, [...this.downloads.values()].filter(({ isOver }) => !isOver).length)
    return download
  }

  async *search(query: string, { signal: _signal, ...options }: { signal?: AbortSignal }) {
    this.searched.push(query, options)
    yield* this.hits
  }
}

class FakeDownload extends EventEmitter {
  progress: { transferred: number; size?: number } = { transferred: 0 }
  isOver = false
  finish: () => void = () => {}
  fail: (error: Error) => void = () => {}
  readonly done = new Promise<object>((resolve, reject) => {
    this.finish = () => {
      this.isOver = true
      resolve({ name: this.name, path: `/in/${this.name}`, size: 5 })
    }
    this.fail = (error) => {
      this.isOver = true
      reject(error)
    }
  })

  constructor(readonly name: string) {
    super()
  }
}

function open({ answer = true } = {}) {
  const peer = new FakePeer()
  const heard = {
    results: [] as string[],
    failures: [] as Failure[],
    progress: [] as (Progress & { id: number })[],
    questions: [] as string[],
  }
  const stopping = new AbortController()
  const context = {
    peer: peer as unknown as Peer,
    output: {
      list: () => {},
      result: (text: string) => heard.results.push(text),
      note: () => {},
      failure: (failure: Failure) => heard.failures.push(failure),
      progress: (id: number, progress: Progress) => heard.progress.push({ id, ...progress }),
      progressEnd: () => {},
      confirm: async (question: string) => {
        heard.questions.push(question)
        return answer
      },
    },
    signal: stopping.signal,
  } as unknown as WordContext
  const run = (args: string[], options = {}) => get.run(context, { args, options })
  return { peer, heard, stopping, run }
}

const begun = (peer: FakePeer, count: number) => expect.poll(() => peer.downloads.size).toBe(count)

describe('several names', () => {
  it('are fetched a few at a time; the code is that of the first that failed, in their order', async () => {
    const { peer, heard, run } = open()
    const code = run(['a', 'b', 'c', 'd', 'e', 'a'])
    await begun(peer, 4)
    peer.downloads.get('c')?.fail(new BitTrickleError('SOURCE_LOST', 'c is gone.'))
    await begun(peer, 5)
    peer.downloads.get('b')?.fail(new BitTrickleError('NOT_FOUND', 'no b.'))
    for (const download of peer.downloads.values()) if (!download.isOver) download.finish()
    expect(await code).toBe(4)
    expect(peer.most).toBe(4)
    expect(heard.results).toHaveLength(3)
    expect(heard.failures.map(({ name, code }) => [name, code])).toEqual([
      ['c', 'SOURCE_LOST'],
      ['b', 'NOT_FOUND'],
    ])
  })

  it('are given up together, without a word for each', async () => {
    const { peer, heard, stopping, run } = open()
    const code = run(['a', 'b'])
    await begun(peer, 2)
    stopping.abort()
    for (const download of peer.downloads.values()) download.fail(new BitTrickleError('ABORTED', 'cancelled'))
    await expect(code).rejects.toMatchObject({ name: 'AbortError' })
    expect(heard.failures).toEqual([])
  })
})

it('one name alone fails as it fails', async () => {
  const { peer, heard, run } = open()
  const code = run(['a'], { from: 'yoda', overwrite: true })
  await begun(peer, 1)
  expect(peer.options.get('a')).toMatchObject({ from: 'yoda', overwrite: true })
  expect(peer.options.get('a')).not.toHaveProperty('root')
  peer.downloads.get('a')?.fail(new BitTrickleError('NOT_FOUND', 'no a.'))
  await expect(code).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(heard.failures).toEqual([])
})

it('sources and places in a line are told, and nothing before something is known', async () => {
  const { peer, heard, run } = open()
  const code = run(['a'])
  await begun(peer, 1)
  const download = peer.downloads.get('a') as FakeDownload
  const source = (port: number) => ({ host: '127.0.0.1', port })
  download.emit('source', source(1))
  expect(heard.progress).toEqual([])
  download.emit('queued', { source: source(1), place: 3 })
  download.emit('queued', { source: source(2), place: 2 })
  expect(heard.progress.at(-1)).toEqual({ id: 0, name: 'a', transferred: 0, sources: 0, place: 2 })
  download.progress = { transferred: 1, size: 5 }
  download.emit('queued', { source: source(1), place: 0 })
  download.emit('progress')
  expect(heard.progress.at(-1)).toEqual({ id: 0, name: 'a', transferred: 1, size: 5, sources: 1 })
  download.emit('sourceLost', { source: source(1) })
  expect(heard.progress.at(-1)).toMatchObject({ sources: 0, place: 2 })
  download.finish()
  expect(await code).toBe(0)
})

describe('--all', () => {
  const hits = [
    { name: 'a', size: 1024 },
    { name: 'b', size: 512 },
  ]

  it('asks with how many and how much, and fetches them', async () => {
    const { peer, heard, run } = open()
    peer.hits = hits
    const code = run(['flac'], { all: true })
    await begun(peer, 2)
    for (const download of peer.downloads.values()) download.finish()
    expect(await code).toBe(0)
    expect(heard.questions).toEqual(['Download 2 files, 1.5 KiB?'])
    // As search finds them.
    expect(peer.searched).toEqual(['flac', { matchCase: true }])
  })

  it('does nothing after a no', async () => {
    const { peer, run } = open({ answer: false })
    peer.hits = [...hits, { name: 'classic' }]
    expect(await run(['x', 'y'], { all: true, from: 'yoda' })).toBe(0)
    expect(peer.downloads.size).toBe(0)
    expect(peer.searched).toEqual(['x y', { from: 'yoda' }])
  })

  it('does not ask with --yes', async () => {
    const { peer, heard, run } = open()
    peer.hits = [{ name: 'a' }]
    const code = run(['x'], { all: true, yes: true, as: 'c' })
    await begun(peer, 1)
    expect(peer.options.get('a')).toMatchObject({ as: 'c' })
    peer.downloads.get('a')?.finish()
    expect(await code).toBe(0)
    expect(heard.questions).toEqual([])
  })

  it.each([
    [0, 'NOT_FOUND'],
    [10_001, 'NOT_SUPPORTED'],
  ])('of %i names fails', async (count, code) => {
    const { peer, run } = open()
    peer.hits = Array.from({ length: count }, (_none, index) => ({ name: `${index}` }))
    await expect(run(['x'], { all: true, yes: true })).rejects.toMatchObject({ code })
  })
})

it.each(['as', 'root'])('--%s goes with one name alone', async (option) => {
  const { run } = open()
  await expect(run(['a', 'b'], { [option]: 'x' })).rejects.toThrow('go with one name alone')
})
