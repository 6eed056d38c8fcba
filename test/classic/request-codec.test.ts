import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRequest, encodeRequest } from '../../src/classic/request-codec.js'
import type { Request } from '../../src/wire/messages.js'

const GOLDEN: [string, string, Request][] = [
  [
    'login hans falcon*solo 50001',
    'hans',
    { type: 'login', username: 'hans', password: 'falcon*solo', tcpPort: 50001 },
  ],
  ['heartbeat hans', 'hans', { type: 'heartbeat' }],
  ['lap hans', 'hans', { type: 'peers' }],
  ['pub hans X.mp3', 'hans', { type: 'publish', name: 'X.mp3' }],
  ['unp hans X.mp3', 'hans', { type: 'unpublish', name: 'X.mp3' }],
  ['lpf hans', 'hans', { type: 'published' }],
  ['sch hans mp3', 'hans', { type: 'search', query: 'mp3' }],
  ['get hans X.mp3', 'hans', { type: 'locate', name: 'X.mp3' }],
]

describe('classic requests', () => {
  it.each(GOLDEN)('%s', (text, username, request) => {
    expect(encodeRequest(username, request).toString()).toBe(text)
    expect(decodeRequest(Buffer.from(text))).toEqual({ username, request })
  })

  it('splits by any white space, as the original does', () => {
    expect(decodeRequest(Buffer.from('  pub\thans \n X.mp3\r\n'))).toEqual({
      username: 'hans',
      request: { type: 'publish', name: 'X.mp3' },
    })
  })

  it.each([
    ['nothing', ''],
    ['white space', ' \n'],
    ['a lone command', 'lap'],
    ['an unknown word', 'frobnicate hans'],
    ['a command in capitals', 'LAP hans'],
    ['too many words', 'lap hans solo'],
    ['too few words', 'pub hans'],
    ['a name of two words', 'pub hans a b'],
    ['a login of too many words', 'login hans pw 1 2'],
    ['a port that is no number', 'login hans pw http'],
    ['a port with a sign', 'login hans pw -1'],
    ['an object key', 'constructor hans'],
  ])('passes over %s', (_what, text) => expect(decodeRequest(Buffer.from(text))).toBeUndefined())

  it('passes over what is not UTF-8, and what is longer than the original could read', () => {
    expect(decodeRequest(Buffer.from([0x6c, 0x61, 0x70, 0x20, 0xff, 0xfe]))).toBeUndefined()
    expect(decodeRequest(Buffer.from(`pub hans ${'x'.repeat(1015)}`))).toBeDefined()
    expect(decodeRequest(Buffer.from(`pub hans ${'x'.repeat(1016)}`))).toBeUndefined()
    expect(decodeRequest(Buffer.alloc(65_507, 'a '))).toBeUndefined()
  })

  it('says a prefix as the text to search for, and leaves it out of what is not searched', () => {
    const say = (request: Request): string => encodeRequest('hans', request).toString()
    expect(say({ type: 'search', query: '', prefix: 'music/' })).toBe('sch hans music/')
    expect(say({ type: 'search', query: 'mp3', prefix: 'music/' })).toBe('sch hans mp3')
    expect(say({ type: 'published', prefix: 'music/' })).toBe('lpf hans')
  })

  it('refuses to write what the text cannot say', () => {
    const say = (name: string) => () => encodeRequest('hans', { type: 'publish', name })
    expect(say('my talk.mp4')).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }))
    expect(say('')).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }))
    expect(say('x'.repeat(1016))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }))
  })

  it('reads back every request that it can write', () => {
    const word = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((text) => !/\s/u.test(text))
    const request: fc.Arbitrary<Request> = fc.oneof(
      fc.record({
        type: fc.constant('login' as const),
        username: fc.constant('hans'),
        password: word,
        tcpPort: fc.integer({ min: 0, max: 65_535 }),
      }),
      fc.record({
        type: fc.constantFrom('publish' as const, 'unpublish' as const, 'locate' as const),
        name: word,
      }),
      fc.record({ type: fc.constant('search' as const), query: word }),
      fc.record({ type: fc.constantFrom('heartbeat' as const, 'peers' as const, 'published' as const) }),
    )
    fc.assert(
      fc.property(request, (original) => {
        expect(decodeRequest(encodeRequest('hans', original))).toEqual({
          username: 'hans',
          request: original,
        })
      }),
    )
  })

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1200 }), (bytes) => {
        decodeRequest(bytes)
      }),
    )
  })
})
