import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BitTrickleError } from '../../../src/errors.js'
import type { DownloadControl } from '../../../src/peer/download/download.js'
import { FilePlacer } from '../../../src/peer/download/file-placer.js'
import { SmallFiles } from '../../../src/peer/download/small-files.js'
import type { PreparedTarget } from '../../../src/peer/download/target.js'
import { TestContent } from '../../helpers/hostile-source.js'
import { ManualClock, settle } from '../../helpers/manual-clock.js'
import { FakeSource } from './fake-source.js'

const BYTES = 20_000

let folder: string
let placer: FilePlacer
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'bittrickle-')))
  placer = new FilePlacer()
})
afterEach(async () => {
  await placer.close()
  await rm(folder, { recursive: true })
})

/** The short way into the folder, from one source. */
function start() {
  const clock = new ManualClock()
  const served = new TestContent(BYTES)
  const source = new FakeSource('hans', served, clock, { rate: 1_000 })
  const cancelling = new AbortController()
  const told: string[] = []
  let pause: Promise<void> | undefined
  const control: DownloadControl = {
    signal: cancelling.signal,
    isPaused: () => pause !== undefined,
    whenRunning: () => pause ?? Promise.resolve(),
    started: () => told.push('started'),
    source: ({ username }) => told.push(`source ${username}`),
    queued: ({ place }) => told.push(`queued ${place}`),
    sourceLost: () => told.push('lost'),
    verified: () => {},
    report: () => {},
  }
  const files = new SmallFiles({
    folder,
    placer,
    channels: { get: () => source.connect() as never },
    clock,
    signal: cancelling.signal,
  })
  const location = { sources: [source.record], root: served.root, size: BYTES, ticket: 'ticket' }
  const prepared = async (name: string): Promise<PreparedTarget> => {
    const target = await files.prepare(name)
    if (target === undefined) throw new Error('something stands there')
    return target
  }
  /** Fetches, and lets so much time pass meanwhile. */
  const fetchWithin = async (name: string, milliseconds: number) => {
    const fetching = files.fetch(location, await prepared(name), control)
    fetching.catch(() => {})
    await settle()
    await clock.advance(milliseconds)
    return fetching
  }
  const pauseUntil = (over: Promise<void> | undefined): void => {
    pause = over
  }
  return {
    clock,
    served,
    source,
    told,
    files,
    location,
    control,
    fetchWithin,
    prepared,
    cancelling,
    pauseUntil,
  }
}

describe('the short way of a small file', () => {
  it('is one request, and what is right goes to its place', async () => {
    const { served, source, told, fetchWithin, files } = start()
    expect(await fetchWithin('d/a', 100)).toBe('there')
    expect((await readFile(join(folder, 'd', 'a'))).equals(served.bytes)).toBe(true)
    expect(await readdir(join(folder, 'd'))).toEqual(['a'])
    expect([source.log, source.tickets]).toEqual([[0], ['ticket']])
    expect(told).toEqual(['started', 'source hans'])
    files.close()
  })

  it('is no way where something stands, or a link leads out', async () => {
    const { files } = start()
    await mkdir(join(folder, 'd', 'is folder'), { recursive: true })
    for (const name of ['there', 'left.part']) await writeFile(join(folder, 'd', name), 'mine')
    await symlink(tmpdir(), join(folder, 'out'))
    for (const name of ['d/there', 'd/left', 'd/is folder', 'out/a', 'd/there/a']) {
      expect(await files.prepare(name)).toBeUndefined()
    }
    expect(await files.prepare('d/free')).toMatchObject({ realPath: join(folder, 'd', 'free') })
    for (const name of ['../a', '/a', 'a//b']) {
      expect(() => files.prepare(name)).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }))
    }
  })

  it('ends without a file when the bytes are wrong, and that source is not asked so again for half a minute', async () => {
    const { clock, source, fetchWithin, files } = start()
    source.isLying = true
    expect(await fetchWithin('a', 100)).toBe('begun')
    expect(await readdir(folder)).toEqual([])
    expect(await fetchWithin('b', 0)).toBe('left')
    expect(source.opened).toBe(1)
    source.isLying = false
    await clock.advance(30_000)
    expect(await fetchWithin('c', 100)).toBe('there')
    files.close()
  })

  it('ends when the source refuses, is lost, or was never there', async () => {
    const { clock, source, location, files, control, prepared, fetchWithin } = start()
    source.isStalled = true
    const refused = files.fetch(location, await prepared('a'), control)
    await settle()
    await clock.advance(10)
    source.end(new BitTrickleError('FORBIDDEN', 'The ticket has run out.'))
    expect(await refused).toBe('begun')
    source.refusal = new Error('nobody there')
    expect(await fetchWithin('b', 0)).toBe('left')
    expect(await readdir(folder)).toEqual([])
    files.close()
  })

  it('ends after five seconds of silence, but not while other files come on the connection', async () => {
    const { clock, source, location, files, control, prepared } = start()
    source.isStalled = true
    const fetching = files.fetch(location, await prepared('a'), control)
    await settle()
    let outcome = ''
    void fetching.then((is) => {
      outcome = is
    })
    for (let second = 0; second < 8; second++) {
      source.dataBytes++
      await clock.advance(1_000)
    }
    expect(outcome).toBe('')
    await clock.advance(6_000)
    expect(outcome).toBe('begun')
    files.close()
  })

  it('waits in the line of the source for as long as its ticket holds, and tells the place', async () => {
    const { clock, source, told, location, files, control, prepared } = start()
    source.isStalled = true
    const fetching = files.fetch(location, await prepared('a'), control)
    await settle()
    await clock.advance(10)
    source.listener?.onQueued(3)
    await clock.advance(20_000)
    source.listener?.onQueued(0)
    source.isStalled = false
    source.go()
    await clock.advance(100)
    expect(await fetching).toBe('there')
    expect(told).toEqual(['started', 'source hans', 'queued 3', 'queued 0'])
    files.close()
  })

  it('does not overwrite what has come there meanwhile', async () => {
    const { clock, location, files, control, prepared } = start()
    const fetching = files.fetch(location, await prepared('a'), control)
    await writeFile(join(folder, 'a'), 'mine')
    await settle()
    await clock.advance(100)
    expect(await fetching).toBe('begun')
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('mine')
    expect(await readdir(folder)).toEqual(['a'])
    files.close()
  })

  it('asks for nothing in a pause', async () => {
    const { clock, source, location, files, control, prepared, pauseUntil } = start()
    let resume: () => void = () => {}
    pauseUntil(
      new Promise((resolve) => {
        resume = resolve
      }),
    )
    const fetching = files.fetch(location, await prepared('a'), control)
    await clock.advance(60_000)
    expect(source.opened).toBe(0)
    pauseUntil(undefined)
    resume()
    await settle()
    await clock.advance(100)
    expect(await fetching).toBe('there')
    files.close()
  })

  it('ends with the download, and leaves nothing', async () => {
    const { source, location, control, files, prepared, cancelling } = start()
    source.isStalled = true
    const fetching = files.fetch(location, await prepared('a'), control)
    fetching.catch(() => {})
    await settle()
    expect(source.log).toEqual([0])
    const reason = new BitTrickleError('ABORTED', 'It was cancelled.')
    cancelling.abort(reason)
    await expect(fetching).rejects.toBe(reason)
    expect(source.listener).toBeUndefined()
    expect(await readdir(folder)).toEqual([])
    files.close()
  })
})
