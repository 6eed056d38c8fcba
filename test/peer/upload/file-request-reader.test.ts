import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { beforeEach, describe, expect, it } from 'vitest'
import { readFileRequest } from '../../../src/peer/upload/file-request-reader.js'
import { ManualClock, settle } from '../../helpers/manual-clock.js'

const NAMES = ['a', 'a.txt', 'music/b.mp3', 'Käse']

let clock: ManualClock
let socket: PassThrough
let request: Promise<string | undefined>
let answer: { readonly name: string | undefined } | undefined
beforeEach(() => {
  clock = new ManualClock()
  // As far as reading goes, a stream is a socket.
  socket = new PassThrough()
  answer = undefined
  const names = {
    has: (name: string) => NAMES.includes(name),
    hasLonger: (start: string) => NAMES.some((name) => name.startsWith(start) && name !== start),
  }
  request = readFileRequest(socket as unknown as Socket, names, clock)
  void request.then((name) => {
    answer = { name }
  })
})

async function send(part: string | Uint8Array): Promise<void> {
  socket.write(part)
  await settle()
}

describe('the name that a downloader asks for', () => {
  it('is taken at once when it can be nothing else', async () => {
    await send('music/b.mp3')
    expect(answer).toEqual({ name: 'music/b.mp3' })
    expect(clock.timers).toBe(0)
  })

  it('is put together from all the segments it comes in', async () => {
    for (const letter of 'music/b.mp') {
      await send(letter)
      await clock.advance(200)
      expect(answer).toBeUndefined()
    }
    await send('3')
    expect(answer).toEqual({ name: 'music/b.mp3' })
  })

  it('may be torn in the middle of a letter', async () => {
    const bytes = Buffer.from('Käse')
    await send(bytes.subarray(0, 2))
    expect(answer).toBeUndefined()
    await send(bytes.subarray(2))
    expect(answer).toEqual({ name: 'Käse' })
  })

  it('is waited for a moment when it may go on', async () => {
    await send('a')
    await clock.advance(249)
    expect(answer).toBeUndefined()
    await send('.txt')
    expect(answer).toEqual({ name: 'a.txt' })
  })

  it('is what came, when it could go on and does not', async () => {
    await send('a')
    await clock.advance(250)
    expect(answer).toEqual({ name: 'a' })
  })

  it('is what came before the downloader ended its side', async () => {
    await send('a')
    socket.end()
    expect(await request).toBe('a')
  })

  it('is handed on though nobody publishes it, so that it can be refused', async () => {
    await send('none')
    await clock.advance(250)
    expect(answer).toEqual({ name: 'none' })
  })

  it.each<[string, () => void]>([
    ['nothing came for 10 s', () => void clock.advance(10_000)],
    ['the connection ended', () => socket.end()],
    ['the connection broke', () => socket.destroy()],
    ['it is too long to be one', () => socket.write('x'.repeat(513))],
    ['it is no text', () => socket.end(Buffer.from([0xff, 0xfe]))],
  ])('is none when %s', async (_what, happens) => {
    happens()
    expect(await request).toBeUndefined()
    expect(clock.timers).toBe(0)
  })

  it('leaves what follows unread, and does not hold up the end', async () => {
    await send('music/b.mp3')
    expect(await request).toBe('music/b.mp3')
    const ended = new Promise((resolve) => socket.on('end', resolve))
    socket.end('x'.repeat(100_000))
    await ended
  })
})
