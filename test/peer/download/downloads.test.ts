import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../../src/clock.js'
import { BitTrickleError } from '../../../src/errors.js'
import { Downloader, type DownloaderOptions } from '../../../src/peer/download/downloader.js'
import { Downloads } from '../../../src/peer/download/downloads.js'
import { RateLimit } from '../../../src/peer/rate-limit.js'
import { RequestPace } from '../../../src/peer/request-pace.js'

const notFound = new BitTrickleError('NOT_FOUND', 'There is none.')
const OPTIONS: DownloaderOptions = {
  folder: '/nowhere',
  rate: new RateLimit(undefined),
  clock: systemClock,
  channels: undefined,
  locate: () => Promise.reject(notFound),
  locateSoon: async () => undefined,
  list: async function* () {},
  pace: new RequestPace(systemClock),
  onWarning: () => {},
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.doUnmock('../../../src/peer/download/downloader.js')
  vi.resetModules()
})

describe('the downloads of a peer', () => {
  it('end what carries them out when they are closed', async () => {
    const close = vi.spyOn(Downloader.prototype, 'close')
    const downloads = new Downloads(OPTIONS, () => {})
    await expect(downloads.start('a', {}).done).rejects.toBe(notFound)
    await downloads.close()
    expect(close).toHaveBeenCalledOnce()
  })

  it('are given up while what carries them out is being loaded', async () => {
    const downloads = new Downloads(OPTIONS, () => {})
    const { done } = downloads.start('a', {})
    await Promise.all([downloads.close(), expect(done).rejects.toMatchObject({ code: 'ABORTED' })])
  })

  it('fail, and can be closed, where that cannot be loaded', async () => {
    vi.doMock('../../../src/peer/download/downloader.js', () => {
      throw new Error('too many open files')
    })
    vi.resetModules()
    const { Downloads: Fresh } = await import('../../../src/peer/download/downloads.js')
    const downloads = new Fresh(OPTIONS, () => {})
    await expect(downloads.start('a', {}).done).rejects.toMatchObject({ code: 'DISK_ERROR' })
    await downloads.close()
  })
})
