import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeReply, encodeReply } from '../../src/classic/reply-codec.js'
import type { Reply, Request } from '../../src/wire/messages.js'

const LOGIN: Request = { type: 'login', username: 'hans', password: 'pw', tcpPort: 50001 }
const HEARTBEAT = { interval: 2000, timeout: 3000 }
const text = (request: Request, reply: Reply): string | undefined => encodeReply(request, reply)?.toString()
const read = (request: Request, answer: string) => decodeReply(request, Buffer.from(answer))
const names = (...all: string[]) => all.map((name) => ({ name }))

const GOLDEN: [Request, Reply, string][] = [
  [LOGIN, { type: 'login', heartbeat: HEARTBEAT }, 'Welcome to BitTrickle!'],
  [
    LOGIN,
    { type: 'failure', code: 'AUTHENTICATION_FAILED', message: 'Wrong password.' },
    'Authentication failed: Wrong password. [AUTHENTICATION_FAILED]',
  ],
  [
    { type: 'peers' },
    { type: 'peers', items: [{ username: 'vader' }, { username: 'yoda' }], more: false },
    '2 active peers:\nvader\nyoda',
  ],
  [{ type: 'peers' }, { type: 'peers', items: [{ username: 'yoda' }], more: false }, '1 active peer:\nyoda'],
  [{ type: 'peers' }, { type: 'peers', items: [], more: false }, 'No active peers'],
  [{ type: 'published' }, { type: 'published', items: names('a'), more: false }, '1 file published:\na'],
  [{ type: 'published' }, { type: 'published', items: [], more: false }, 'No files published'],
  [
    { type: 'search', query: 'a' },
    { type: 'search', items: names('a', 'ba'), more: false },
    '2 files found:\na\nba',
  ],
  [{ type: 'search', query: 'a' }, { type: 'search', items: [], more: false }, 'No files found'],
  [{ type: 'publish', name: 'a' }, { type: 'publish', name: 'a', created: true }, 'OK published a'],
  [
    { type: 'publish', name: 'a' },
    { type: 'publish', name: 'a', created: false },
    'OK a was already published',
  ],
  [
    { type: 'publish', name: 'already' },
    { type: 'publish', name: 'already', created: true },
    'OK published already',
  ],
  [
    { type: 'publish', name: 'already' },
    { type: 'publish', name: 'already', created: false },
    'OK already was already published',
  ],
  [{ type: 'unpublish', name: 'a' }, { type: 'unpublish', name: 'a' }, 'OK unpublished a'],
  [
    { type: 'unpublish', name: 'a' },
    { type: 'failure', code: 'NOT_PUBLISHED', message: 'You do not publish "a".' },
    'Error: You do not publish "a". [NOT_PUBLISHED]',
  ],
  [
    { type: 'locate', name: 'a' },
    { type: 'locate', sources: [{ host: '127.0.0.1', port: 50001 }] },
    '200 127.0.0.1 50001',
  ],
  [
    { type: 'locate', name: 'a' },
    { type: 'failure', code: 'NOT_FOUND', message: 'No active peer offers "a".' },
    'Error: No active peer offers "a". [NOT_FOUND]',
  ],
]

describe('classic replies', () => {
  it.each(GOLDEN)('%j, %j: %s', (request, reply, golden) => {
    expect(text(request, reply)).toBe(golden)
    expect(read(request, golden)).toEqual({ reply, omitted: 0 })
  })

  it('does not answer a heartbeat, granted or refused', () => {
    const refusal: Reply = { type: 'failure', code: 'NOT_LOGGED_IN', message: 'Log in first.' }
    expect(text({ type: 'heartbeat' }, { type: 'heartbeat' })).toBeUndefined()
    expect(text({ type: 'heartbeat' }, refusal)).toBeUndefined()
  })

  it('says how many names of a long list did not fit, and reads that back', () => {
    const all = names(
      ...Array.from({ length: 100 }, (_, index) => `lecture-${String(index).padStart(3, '0')}.pdf`),
    )
    const datagram = encodeReply({ type: 'search', query: 'l' }, { type: 'search', items: all, more: false })
    expect(datagram?.length).toBeLessThanOrEqual(1024)
    expect(datagram?.toString().split('\n')[0]).toBe('100 files found, 62 shown:')
    const answer = decodeReply({ type: 'search', query: 'l' }, datagram as Buffer)
    expect(answer?.omitted).toBe(38)
    expect(answer?.reply).toMatchObject({ items: all.slice(0, 62) })
  })

  it('keeps any list and any refusal within the datagram', () => {
    const list = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }), { maxLength: 80 })
    fc.assert(
      fc.property(list, (all) => {
        const reply: Reply = { type: 'published', items: names(...all), more: false }
        expect(encodeReply({ type: 'published' }, reply)?.length).toBeLessThanOrEqual(1024)
      }),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 2000 }), (message) => {
        const datagram = encodeReply(LOGIN, { type: 'failure', code: 'ALREADY_ACTIVE', message })
        expect(datagram?.length).toBeLessThanOrEqual(1024)
        expect(decodeReply(LOGIN, datagram as Buffer)?.reply).toMatchObject({ code: 'ALREADY_ACTIVE' })
      }),
    )
  })
})

describe("the free text of an original's server", () => {
  const failure = (code: string) => ({
    reply: expect.objectContaining({ type: 'failure', code }),
    omitted: 0,
  })

  it.each<[Request, string, unknown]>([
    [LOGIN, 'Authentication failed: Unknown username ❌.', failure('AUTHENTICATION_FAILED')],
    [LOGIN, 'Authentication failed: User is already active ❌.', failure('ALREADY_ACTIVE')],
    [
      { type: 'peers' },
      '2 active peer(s):\nhans\nyoda',
      {
        reply: { type: 'peers', items: [{ username: 'hans' }, { username: 'yoda' }], more: false },
        omitted: 0,
      },
    ],
    [
      { type: 'peers' },
      'No active peers available',
      { reply: { type: 'peers', items: [], more: false }, omitted: 0 },
    ],
    [
      { type: 'published' },
      '1 file(s) published:\na.txt',
      { reply: { type: 'published', items: names('a.txt'), more: false }, omitted: 0 },
    ],
    [
      { type: 'search', query: 'a' },
      '1 file(s) found:\na.txt',
      { reply: { type: 'search', items: names('a.txt'), more: false }, omitted: 0 },
    ],
    [
      { type: 'publish', name: 'a.txt' },
      "File 'a.txt' published successfully.",
      { reply: { type: 'publish', name: 'a.txt', created: true }, omitted: 0 },
    ],
    [
      { type: 'publish', name: 'a.txt' },
      "File 'a.txt' is already published by you.",
      { reply: { type: 'publish', name: 'a.txt', created: false }, omitted: 0 },
    ],
    [
      { type: 'unpublish', name: 'a.txt' },
      "File 'a.txt' unpublished successfully.",
      { reply: { type: 'unpublish', name: 'a.txt' }, omitted: 0 },
    ],
    [{ type: 'unpublish', name: 'a.txt' }, "File 'a.txt' unpublication failed.", failure('NOT_PUBLISHED')],
    [{ type: 'locate', name: 'a' }, "File 'a' not found in published files ❌.", failure('NOT_FOUND')],
    [
      { type: 'locate', name: 'a' },
      "Error you already published this file 'a' ❌.",
      failure('OWN_PUBLICATION'),
    ],
    [
      { type: 'publish', name: 'error.log' },
      "File 'error.log' published successfully.",
      { reply: { type: 'publish', name: 'error.log', created: true }, omitted: 0 },
    ],
    [
      { type: 'publish', name: 'already-read.txt' },
      "File 'already-read.txt' published successfully.",
      { reply: { type: 'publish', name: 'already-read.txt', created: true }, omitted: 0 },
    ],
    [
      { type: 'unpublish', name: 'failed' },
      "File 'failed' unpublished successfully.",
      { reply: { type: 'unpublish', name: 'failed' }, omitted: 0 },
    ],
    [
      { type: 'unpublish', name: 'failed' },
      "File 'failed' unpublication failed. File doesn't exist or is already unpublished ❌.",
      failure('NOT_PUBLISHED'),
    ],
  ])('to %j: %s', (request, answer, expected) => expect(read(request, answer)).toEqual(expected))

  it.each<[Request, string]>([
    [LOGIN, '2 active peers:\nhans\nyoda'],
    [LOGIN, 'some free text'],
    [{ type: 'peers' }, 'Welcome to BitTrickle!'],
    [{ type: 'peers' }, '1 file found:\na'],
    [{ type: 'published' }, 'OK published a'],
    [{ type: 'search', query: 'a' }, '200 127.0.0.1 50001'],
    [{ type: 'publish', name: 'a' }, '200 127.0.0.1 50001'],
    [{ type: 'locate', name: 'a' }, 'OK published a'],
    [{ type: 'locate', name: 'a' }, '200 127.0.0.1 99999'],
    [{ type: 'locate', name: 'a' }, '1 file found:\na'],
    [{ type: 'heartbeat' }, 'OK'],
  ])('is not taken for the answer to another question: %j, %s', (request, answer) => {
    expect(read(request, answer)).toBeUndefined()
  })

  it('cannot put escape sequences, invalid names or a local failure into our hands', () => {
    expect(read({ type: 'locate', name: 'a' }, 'Error: \x1b[2Jgone')?.reply).toMatchObject({
      message: '[2Jgone',
    })
    expect(read({ type: 'search', query: 'a' }, '3 files found:\na\n../b\nc\x1b[0m')).toEqual({
      reply: { type: 'search', items: names('a'), more: false },
      omitted: 2,
    })
    expect(read({ type: 'locate', name: 'a' }, 'Error: x [CLOSED]')?.reply).toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  it('gives only what begins as was asked, and does not count the others as left out', () => {
    const list = '3 files found:\nmusic/a\nold/music/b\nmusic/c'
    expect(read({ type: 'search', query: '', prefix: 'music/' }, list)).toEqual({
      reply: { type: 'search', items: names('music/a', 'music/c'), more: false },
      omitted: 0,
    })
    expect(read({ type: 'published', prefix: 'old/' }, '2 files published:\na\nold/b')).toEqual({
      reply: { type: 'published', items: names('old/b'), more: false },
      omitted: 0,
    })
  })

  it('survives any bytes', () => {
    const requests = fc.constantFrom(...GOLDEN.map(([request]) => request))
    fc.assert(
      fc.property(requests, fc.uint8Array({ maxLength: 1200 }), (request, bytes) => {
        decodeReply(request, bytes)
      }),
    )
  })
})
