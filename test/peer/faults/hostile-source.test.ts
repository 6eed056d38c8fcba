import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeCertificate } from '../../../src/transfer/certificate.js'
import { encodeFrame } from '../../../src/transfer/frame-encoder.js'
import type { Frame } from '../../../src/transfer/frames.js'
import type { HostileSource, Misbehaviour, SourceEnd } from '../../helpers/hostile-source.js'
import { HurriedClock } from '../../helpers/hurried-clock.js'
import { ManualClock } from '../../helpers/manual-clock.js'
import { DownloadHarness } from '../download/download-harness.js'

const SIZE = 12 * 131_072 + 999

interface Offence extends Misbehaviour {
  /** The frame that it is an answer to. */
  readonly when: Frame['type']
}

/** Does something when a frame of a type comes; honest otherwise. */
function on(when: Frame['type'], action: (end: SourceEnd, frame: never) => void): Offence {
  return {
    when,
    onFrame: (frame, end) => {
      if (frame.type !== when) return false
      action(end, frame as never)
      return true
    },
  }
}

/** An honest source that is ready when another one has been asked for something. */
function later(other: HostileSource, when: Frame['type']): Misbehaviour {
  return {
    onFrame: (frame, end) => {
      if (frame.type !== 'open') return false
      void other.heard(when).then(() => end.serve(frame))
      return true
    },
  }
}

interface Asked {
  readonly transfer: number
  readonly request: number
  readonly piece: number
}

const OFFENCES: readonly [string, Offence][] = [
  ['no TLS record of the protocol', on('open', (end) => end.raw(Buffer.from('GET / HTTP/1.1\r\n\r\n')))],
  ['a frame that is too long', on('open', (end) => end.raw(Buffer.from('7fffffff20', 'hex')))],
  ['data of 4 GiB', on('request', (end) => end.raw(Buffer.from('ffffffff25', 'hex')))],
  ['a frame of an unknown type', on('open', (end) => end.raw(Buffer.from('00000001ff', 'hex')))],
  [
    'another size',
    on('open', (end, { transfer }: Asked) => end.send({ type: 'opened', transfer, size: SIZE + 1 })),
  ],
  [
    'a size that no content has',
    on('open', (end) => end.raw(Buffer.from('0000000d2000000001ffffffffffffffff', 'hex'))),
  ],
  [
    'a bitfield of another length',
    on('open', (end, { transfer }: Asked) => end.send({ type: 'bitfield', transfer, bits: Buffer.alloc(3) })),
  ],
  [
    'hashes that nobody asked for',
    on('open', (end, { transfer }: Asked) =>
      end.send({ type: 'hashes', transfer, first: 0, hashes: Buffer.alloc(32) }),
    ),
  ],
  [
    'more hashes than were asked for',
    on('requestHashes', (end, { transfer }: Asked) =>
      end.send({ type: 'hashes', transfer, first: 0, hashes: Buffer.alloc(32 * 1024) }),
    ),
  ],
  [
    'data of a piece that nobody asked for',
    on('request', (end, { transfer, request, piece }: Asked) => {
      void end.data(transfer, request, (piece + 1) % 12, 0, Buffer.alloc(1000))
    }),
  ],
  [
    'data with a gap',
    on('request', (end, { transfer, request, piece }: Asked) => {
      void end.data(transfer, request, piece, 16, Buffer.alloc(1000))
    }),
  ],
  [
    'more data than a piece has',
    on('request', (end, { transfer, request, piece }: Asked) => {
      void end.data(transfer, request, piece, 0, Buffer.alloc(131_073))
    }),
  ],
  [
    'a transfer that was never opened',
    on('open', (end, { transfer }: Asked) => end.send({ type: 'haveAll', transfer: transfer + 1 })),
  ],
  ['what a receiver says', on('open', (end, { transfer }: Asked) => end.send({ type: 'close', transfer }))],
  ['a second hello', on('open', (end) => end.hello())],
  [
    'control characters',
    on('open', (end, { transfer }: Asked) => {
      const frame = encodeFrame({ type: 'failed', transfer, request: 0, status: 4, message: 'xx' })
      frame[frame.length - 1] = 0x1b
      end.raw(frame)
    }),
  ],
]

describe('a source that breaks the rules of the data channel', () => {
  it.each(OFFENCES)('is given up, and warned of, and another brings the file: %s', async (_what, offence) => {
    await using harness = await DownloadHarness.start(SIZE)
    const hostile = await harness.source('hostile', offence)
    const good = await harness.source('good', later(hostile, offence.when))
    const download = harness.get()
    await download.done
    expect(await harness.isRight()).toBe(true)
    expect(good.sent).toBe(SIZE)
    expect(harness.losses).toEqual(['hostile PROTOCOL_ERROR'])
    expect(harness.warnings).toEqual([expect.stringMatching(/^"hostile" broke the rules/)])
    expect(hostile.connections).toBe(1)
    // It is told what it did wrong.
    expect(hostile.of('goodbye')).toMatchObject([{ status: 1 }])
  })

  it('ends the download at once when there is nobody else', async () => {
    await using harness = await DownloadHarness.start(SIZE)
    await harness.source('hostile', OFFENCES[1]?.[1])
    await expect(harness.get().done).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
    expect((await harness.files()).includes('a.bin')).toBe(false)
  })
})

describe('a source that says nothing', () => {
  it.each<[string, Misbehaviour]>([
    ['not even hello', { onConnect: () => {}, onFrame: () => true }],
    ['behind its hello', { onFrame: () => true }],
    ['but that it has all', on('requestHashes', () => {})],
    ['but the hashes', on('request', () => {})],
    ['but keepalives', keepalives()],
  ])('%s is not waited for: another brings the file', async (_what, silence) => {
    await using harness = await DownloadHarness.start(SIZE, { clock: new HurriedClock(50) })
    await harness.source('silent', silence)
    await harness.source('good')
    await harness.get().done
    expect(await harness.isRight()).toBe(true)
  })

  it.each<[string, Misbehaviour]>([
    ['not even hello', { onConnect: () => {}, onFrame: () => true }],
    ['behind its hello', { onFrame: () => true }],
    ['but that it has all', on('requestHashes', () => {})],
    ['but keepalives', keepalives()],
  ])('%s is given up after half a minute when it is alone', async (_what, silence) => {
    await using harness = await DownloadHarness.start(SIZE, { clock: new HurriedClock(50) })
    await harness.source('silent', silence)
    await expect(harness.get().done).rejects.toMatchObject({ code: 'SOURCE_LOST', retryable: true })
  })
})

describe('a source that trickles', () => {
  it('a byte at a time holds no more than the piece, and others bring what it was asked for', async () => {
    await using harness = await DownloadHarness.start(SIZE, { clock: new HurriedClock(50) })
    const trickling = await harness.source(
      'trickling',
      on('request', (end, { transfer, request, piece }: Asked) => {
        let at = 0
        const drip = setInterval(() => {
          if (end.stream.destroyed || at === 131_072) clearInterval(drip)
          else void end.data(transfer, request, piece, at, harness.served.bytes.subarray(at, ++at))
        }, 20)
      }),
    )
    await harness.source('good', later(trickling, 'request'))
    await harness.get().done
    expect(await harness.isRight()).toBe(true)
    expect(trickling.of('request').length).toBeGreaterThan(0)
  })

  it('an endless frame is not waited for: it asks nothing of us but some bytes', async () => {
    await using harness = await DownloadHarness.start(SIZE, { clock: new HurriedClock(50) })
    const endless = await harness.source(
      'endless',
      on('requestHashes', (end) => {
        end.raw(Buffer.from('0000800921', 'hex'))
        const drip = setInterval(() => {
          if (end.stream.destroyed) clearInterval(drip)
          else end.raw(Buffer.alloc(1))
        }, 5)
      }),
    )
    await harness.source('good', later(endless, 'requestHashes'))
    await harness.get().done
    expect(await harness.isRight()).toBe(true)
  })
})

describe('a source that floods', () => {
  const flood = (make: (transfer: number, at: number) => Frame): Misbehaviour => {
    let isFlooding = false
    return {
      onFrame: (frame, end) => {
        if (frame.type !== 'request' || isFlooding) return false
        isFlooding = true
        for (let at = 0; at < 50_000; at += 1_000) {
          end.send(...Array.from({ length: 1_000 }, (_, next) => make(frame.transfer, at + next)))
        }
        return false
      },
    }
  }

  it.each<[string, Misbehaviour]>([
    ['what it has', flood((transfer) => ({ type: 'haveAll', transfer }))],
    ['pieces', flood((transfer, at) => ({ type: 'have', transfer, piece: at % 12 }))],
    ['places in its line', flood((transfer, at) => ({ type: 'queued', transfer, place: at % 2 }))],
    [
      'refusals',
      flood((transfer, at) => ({ type: 'failed', transfer, request: 1_000 + at, status: 4, message: '' })),
    ],
    ['keepalives', flood(() => ({ type: 'keepalive' }))],
  ])('us with %s costs little: it is asked hardly more, and the file arrives', async (_what, offence) => {
    await using harness = await DownloadHarness.start(SIZE)
    const hostile = await harness.source('hostile', offence)
    await harness.get().done
    expect(await harness.isRight()).toBe(true)
    expect(hostile.of('request').length + hostile.of('cancel').length).toBeLessThan(100)
  })
})

describe('a source with another certificate than the index vouches for', () => {
  it('is told nothing, not even what is wanted', async () => {
    await using harness = await DownloadHarness.start(SIZE)
    const hostile = await harness.source('hostile')
    const { fingerprint } = await makeCertificate()
    harness.named = [{ ...hostile.record, fingerprint }]
    await expect(harness.get().done).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(hostile.frames).toEqual([])
    await expect(lstat(join(harness.folder, 'a.bin'))).rejects.toThrow()
  })
})

describe('a channel to a source', () => {
  it('leaves nothing behind when the download has ended', async () => {
    const clock = new ManualClock()
    await using harness = await DownloadHarness.start(SIZE, { clock })
    await harness.source(
      'stalling',
      on('request', () => {}),
    )
    const download = harness.get()
    await new Promise((resolve) => download.on('started', () => resolve(undefined)))
    download.cancel()
    await expect(download.done).rejects.toMatchObject({ code: 'ABORTED' })
    const closed = harness.channels.close()
    await clock.advance(5_000)
    await closed
    expect(clock.timers).toBe(0)
  })
})

/** Nothing but a sign of life. */
function keepalives(): Misbehaviour {
  return {
    onFrame: (frame, end) => {
      if (frame.type !== 'requestHashes') return false
      const beat = setInterval(() => {
        if (end.stream.destroyed) clearInterval(beat)
        else end.send({ type: 'keepalive' })
      }, 5)
      return true
    },
  }
}
