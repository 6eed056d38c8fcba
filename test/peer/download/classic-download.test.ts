import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.js'
import { Download } from '../../../src/peer/download/download.js'
import { Downloader } from '../../../src/peer/download/downloader.js'
import { RateLimit } from '../../../src/peer/rate-limit.js'
import { RequestPace } from '../../../src/peer/request-pace.js'

let folder: string
let source: Server
/** What the source does with each connection, once the name has come. */
let serve: (socket: Socket) => void
let asked: string[]
const connections = new Set<Socket>()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
  asked = []
  source = createServer({ allowHalfOpen: true }, (socket) => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
    socket.on('error', () => {})
    socket.once('data', (name) => {
      asked.push(String(name))
      serve(socket)
    })
  }).listen(0, '127.0.0.1')
  await once(source, 'listening')
})
afterEach(async () => {
  source.close()
  for (const socket of connections) socket.destroy()
  await rm(folder, { recursive: true })
})

function get(name = 'a.txt', signal?: AbortSignal): Download {
  const { port } = source.address() as AddressInfo
  const sources = [{ host: '127.0.0.1', port }]
  const downloader = new Downloader({
    folder,
    rate: new RateLimit(undefined),
    clock: systemClock,
    channels: undefined,
    locateSoon: async () => undefined,
    list: async function* () {},
    pace: new RequestPace(systemClock),
    onWarning: () => {},
    locate: async () => ({ name, sources }),
  })
  return new Download(
    name,
    (control) => downloader.run({ name, as: name, overwrite: false, control }),
    signal,
  )
}

const list = () => readdir(folder)

describe('a classic download', () => {
  it('sends the bare name and reads to the end', async () => {
    serve = (socket) => socket.end('content')
    const download = get('music.mp3')
    const seen: unknown[] = []
    download.on('started', () => seen.push('started'))
    download.on('progress', ({ transferred }) => seen.push(transferred))
    expect(await download.done).toEqual({ name: 'music.mp3', path: join(folder, 'music.mp3'), size: 7 })
    expect(asked).toEqual(['music.mp3'])
    expect(seen).toEqual(['started', 7])
  })

  it('of an empty file leaves an empty file', async () => {
    serve = (socket) => socket.end()
    expect(await get().done).toMatchObject({ size: 0 })
    expect(await list()).toEqual(['a.txt'])
  })

  it('shows the final name only when all is there', async () => {
    let finish = (): void => {}
    serve = (socket) => {
      socket.write('half, ')
      finish = () => socket.end('whole')
    }
    const download = get()
    await new Promise((resolve) => download.once('progress', resolve))
    expect(await list()).toEqual(['a.txt.part'])
    finish()
    await download.done
    expect(await list()).toEqual(['a.txt'])
    expect(await readFile(join(folder, 'a.txt'), 'utf8')).toBe('half, whole')
  })

  it.each<[string, (socket: Socket) => void]>([
    ['breaks off', (socket) => socket.write('half', () => setImmediate(() => socket.resetAndDestroy()))],
    [
      'breaks off together with its last bytes',
      (socket) => socket.write('half', () => socket.resetAndDestroy()),
    ],
    ['breaks off before the first byte', (socket) => socket.resetAndDestroy()],
  ])('leaves nothing when the source %s', async (_what, act) => {
    serve = act
    const download = get()
    const lost: unknown[] = []
    download.on('sourceLost', ({ reason }) => lost.push(reason))
    const error = await download.done.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'SOURCE_LOST', retryable: true })
    expect(lost).toEqual([error])
    expect(await list()).toEqual([])
  })

  it('says that the source no longer has the file, and leaves nothing', async () => {
    serve = (socket) => socket.end('Error: File not found')
    await expect(get().done).rejects.toMatchObject({ code: 'NOT_FOUND', retryable: true })
    expect(await list()).toEqual([])
  })

  it('takes a file for a file that only begins like the answer for none', async () => {
    serve = (socket) => socket.end('Error: File not found, it says')
    expect(await get().done).toMatchObject({ size: 30 })
    serve = (socket) => socket.end('Error: File')
    expect(await get('b').done).toMatchObject({ size: 11 })
  })

  it('recognises that answer in pieces, too', async () => {
    serve = (socket) => {
      socket.setNoDelay()
      socket.write('Error: File', () => setImmediate(() => socket.end(' not found')))
    }
    await expect(get().done).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('says that nobody listens there', async () => {
    const download = get()
    source.close()
    await once(source, 'close')
    await expect(download.done).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      retryable: true,
      message: expect.stringContaining('ECONNREFUSED'),
    })
    expect(await list()).toEqual([])
  })
})

describe('giving a download up', () => {
  it.each(['cancel()', 'its signal'])('by %s cuts the connection and leaves nothing', async (way) => {
    const gone = new Promise((resolve) => {
      serve = (socket) => {
        socket.on('close', resolve)
        socket.resume().write('half')
        socket.on('end', () => socket.end())
      }
    })
    const abort = new AbortController()
    const download = get('a.txt', abort.signal)
    await new Promise((resolve) => download.once('progress', resolve))
    if (way === 'cancel()') download.cancel()
    else abort.abort()
    await expect(download.done).rejects.toMatchObject({ code: 'ABORTED' })
    await gone
    expect(await list()).toEqual([])
  })

  it('while it waits for a slot of the source works as well', async () => {
    const connected = new Promise<void>((resolve) => (serve = () => resolve()))
    const download = get()
    await connected
    download.cancel()
    await expect(download.done).rejects.toMatchObject({ code: 'ABORTED' })
    expect(await list()).toEqual([])
  })

  it('before it began asks nobody', async () => {
    const early = get()
    early.cancel()
    await expect(early.done).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(get('b', AbortSignal.abort()).done).rejects.toMatchObject({ code: 'ABORTED' })
    expect(asked).toEqual([])
  })

  it('while it is paused ends it', async () => {
    serve = (socket) => socket.write('half')
    const download = get()
    await new Promise<void>((resolve) =>
      download.once('progress', () => {
        download.pause()
        resolve()
      }),
    )
    download.cancel()
    await expect(download.done).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('after it is done changes nothing', async () => {
    serve = (socket) => socket.end('content')
    const download = get()
    await download.done
    download.cancel()
    expect(await download.done).toMatchObject({ size: 7 })
    expect(await list()).toEqual(['a.txt'])
  })
})

it('goes on where it was paused', async () => {
  serve = (socket) => socket.write('one', () => setImmediate(() => socket.end('two')))
  const download = get()
  download.once('progress', () => {
    download.pause()
    setImmediate(() => download.resume())
  })
  expect(await download.done).toMatchObject({ size: 6 })
})
