import { describe, expect, it } from 'vitest'
import { BitTrickleError, type DownloadedFile } from '../../../src/index.js'
import type { DownloadControl } from '../../../src/peer/download/download.js'
import { type FolderFile, fetchFolder } from '../../../src/peer/download/folder-download.js'
import type { SearchHit, TransferProgress } from '../../../src/peer/types.js'
import { ManualClock, settle } from '../../helpers/manual-clock.js'

/** Fetches a folder of which each file arrives, or fails, when a test says so. */
function start(list: AsyncIterable<SearchHit> | Iterable<SearchHit>) {
  const begun = new Map<
    string,
    FolderFile & { arrive: (file: DownloadedFile) => void; fail: (why: Error) => void }
  >()
  const cancelling = new AbortController()
  const clock = new ManualClock()
  let progress: TransferProgress | undefined
  const control: DownloadControl = {
    signal: cancelling.signal,
    isPaused: () => false,
    whenRunning: () => Promise.resolve(),
    started: () => {},
    source: () => {},
    queued: () => {},
    sourceLost: () => {},
    verified: () => {},
    report: (now) => {
      progress = now
    },
  }
  const done = fetchFolder({
    name: 'd/',
    prefix: 'd/',
    path: '/downloads/d',
    control,
    clock,
    list: async function* () {
      for await (const hit of list) yield [hit]
    },
    fetch: (file) =>
      new Promise((arrive, fail) => {
        begun.set(file.name, { ...file, arrive, fail })
        file.control.signal.addEventListener('abort', () => fail(file.control.signal.reason))
      }),
  })
  done.catch(() => {})
  const arrive = async (name: string): Promise<void> => {
    begun.get(name)?.arrive({ name, path: `/downloads/${name}`, size: 1 })
    await settle()
  }
  const fail = async (name: string, error: Error): Promise<void> => {
    begun.get(name)?.fail(error)
    await settle()
  }
  return {
    clock,
    begun,
    done,
    arrive,
    fail,
    cancel: (why: Error) => cancelling.abort(why),
    progress: () => progress,
  }
}

const hits = (count: number): SearchHit[] =>
  Array.from({ length: count }, (_, number) => ({ name: `d/${1000 + number}`, size: 1 }))

const error = (code: 'DISK_ERROR' | 'NOT_FOUND' | 'CLOSED', retryable: boolean): BitTrickleError =>
  new BitTrickleError(code, 'It failed.', { retryable })

describe('the files of a folder', () => {
  it('are fetched 128 at a time, while the list is read to its end', async () => {
    const { begun, done, arrive, progress } = start(hits(140))
    await settle()
    expect(begun.size).toBe(128)
    expect(progress()).toEqual({ transferred: 0, size: 140, files: { done: 0, total: 140 } })
    await arrive('d/1003')
    expect(begun.size).toBe(129)
    for (const { name } of hits(140)) await arrive(name)
    expect((await done).files).toHaveLength(140)
  })

  it('are begun before the list is complete', async () => {
    let more: () => void = () => {}
    async function* list(): AsyncGenerator<SearchHit> {
      yield { name: 'd/a', size: 1 }
      await new Promise<void>((resolve) => {
        more = resolve
      })
      yield { name: 'd/b', size: 1 }
    }
    const { begun, done, arrive, progress } = start(list())
    await settle()
    await arrive('d/a')
    expect(progress()).toEqual({ transferred: 1, files: { done: 1 } })
    more()
    await settle()
    expect([...begun.keys()]).toEqual(['d/a', 'd/b'])
    await arrive('d/b')
    expect(await done).toMatchObject({ size: 2 })
  })

  it('are all given up when the disk is full', async () => {
    const { begun, done, arrive, fail } = start(hits(200))
    await settle()
    await arrive('d/1000')
    await fail('d/1005', error('DISK_ERROR', true))
    await expect(done).rejects.toMatchObject({ code: 'DISK_ERROR', message: 'It failed.' })
    expect(begun.size).toBe(129)
    for (const { control } of begun.values()) expect(control.signal.aborted).toBe(true)
  })

  it('go on where the disk refuses one of them, or one source of many is closed', async () => {
    const { done, arrive, fail } = start(hits(3))
    await settle()
    await fail('d/1000', error('DISK_ERROR', false))
    await fail('d/1001', error('CLOSED', true))
    await arrive('d/1002')
    const failure = await done.catch((error: BitTrickleError) => error)
    expect(failure).toMatchObject({
      code: 'DISK_ERROR',
      retryable: false,
      message: expect.stringMatching(
        /^2 of 3 files below "d\/" could not be fetched; the first: It failed\./,
      ),
      cause: { errors: [{ code: 'DISK_ERROR' }, { code: 'CLOSED' }] },
    })
  })

  it('may be had later when all that failed may be', async () => {
    const { done, fail } = start(hits(2))
    await settle()
    for (const { name } of hits(2)) await fail(name, error('NOT_FOUND', true))
    await expect(done).rejects.toMatchObject({ code: 'NOT_FOUND', retryable: true })
    const other = start(hits(2))
    await settle()
    await other.fail('d/1000', error('NOT_FOUND', true))
    await other.fail('d/1001', error('DISK_ERROR', false))
    await expect(other.done).rejects.toMatchObject({ code: 'NOT_FOUND', retryable: false })
  })

  it.each(['NOT_LOGGED_IN', 'CLOSED', 'RATE_LIMITED'] as const)(
    'are all given up when the index answers one with %s',
    async (code) => {
      const { begun, done } = start(hits(2))
      await settle()
      const answer = new BitTrickleError(code, 'No.')
      const asked = begun.get('d/1001')?.ask(() => Promise.reject(answer))
      await expect(asked).rejects.toBe(answer)
      await expect(done).rejects.toBe(answer)
    },
  )

  it('wait for an index that is away, and for no longer than two minutes', async () => {
    const { clock, begun, done } = start(hits(2))
    await settle()
    const away = new BitTrickleError('INDEX_UNREACHABLE', 'It is away.', { retryable: true })
    let isAway = true
    let asked = 0
    const ask = (): Promise<unknown> | undefined =>
      begun.get('d/1000')?.ask(async () => {
        asked++
        if (isAway) throw away
        return 'there'
      })
    const answer = ask()
    await clock.advance(60_000)
    expect(asked).toBe(31)
    isAway = false
    await clock.advance(2_000)
    expect(await answer).toBe('there')
    isAway = true
    const none = expect(ask()).rejects.toBe(away)
    await clock.advance(119_999)
    expect(begun.get('d/1000')?.control.signal.aborted).toBe(false)
    await clock.advance(1)
    await none
    await expect(done).rejects.toBe(away)
    expect(clock.timers).toBe(0)
  })

  it('end with what is wrong with the program itself', async () => {
    const { done, fail } = start(hits(2))
    await settle()
    await fail('d/1000', new TypeError('a mistake'))
    await expect(done).rejects.toThrow('a mistake')
  })

  it('end with the download', async () => {
    const { done, cancel } = start(hits(2))
    await settle()
    cancel(new BitTrickleError('ABORTED', 'Cancelled.'))
    await expect(done).rejects.toMatchObject({ code: 'ABORTED', message: 'Cancelled.' })
  })

  it('are not more than a program can remember, however many the index names', async () => {
    function* list(): Generator<SearchHit> {
      yield { name: 'd/a', size: 1 }
      for (;;) yield { name: 'elsewhere' }
    }
    const { done } = start(list())
    await expect(done).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining('500000'),
    })
  })
})
