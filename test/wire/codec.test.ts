import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_PAYLOAD_BYTES } from '../../src/channel/protocol.js'
import { BitTrickleError } from '../../src/errors.js'
import {
  decodeNotice,
  decodeReply,
  decodeRequest,
  encodeNotice,
  encodeReply,
  encodeRequest,
} from '../../src/wire/codec.js'
import type { Reply, Request } from '../../src/wire/messages.js'
import { nameProblem } from '../../src/wire/names.js'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const read = (json: string): Request => decodeRequest(Buffer.from(json))

const REQUESTS: [Request, string][] = [
  [
    { type: 'login', username: 'hans', password: 'falcon*solo', tcpPort: 50001, versions: [1] },
    '{"type":"login","username":"hans","password":"falcon*solo","tcpPort":50001,"versions":[1]}',
  ],
  [{ type: 'logout' }, '{"type":"logout"}'],
  [{ type: 'heartbeat' }, '{"type":"heartbeat"}'],
  [{ type: 'peers', limit: 10, after: 'hans' }, '{"type":"peers","limit":10,"after":"hans"}'],
  [{ type: 'publish', name: 'X.mp3' }, '{"type":"publish","name":"X.mp3"}'],
  [{ type: 'unpublish', name: 'X.mp3' }, '{"type":"unpublish","name":"X.mp3"}'],
  [{ type: 'published' }, '{"type":"published"}'],
  [{ type: 'search', query: 'mp3' }, '{"type":"search","query":"mp3"}'],
  [{ type: 'locate', name: 'X.mp3' }, '{"type":"locate","name":"X.mp3"}'],
]

const REPLIES: [Request, Reply, string][] = [
  [
    { type: 'login', username: 'hans', password: 'x', tcpPort: 1 },
    { type: 'login', heartbeat: { interval: 2000, timeout: 3000 }, version: 1 },
    '{"type":"login","heartbeat":{"interval":2000,"timeout":3000},"version":1}',
  ],
  [{ type: 'heartbeat' }, { type: 'heartbeat' }, '{"type":"heartbeat"}'],
  [
    { type: 'peers' },
    { type: 'peers', items: [{ username: 'yoda' }], more: false },
    '{"type":"peers","items":[{"username":"yoda"}],"more":false}',
  ],
  [
    { type: 'publish', name: 'a' },
    { type: 'publish', name: 'a', created: true },
    '{"type":"publish","name":"a","created":true}',
  ],
  [
    { type: 'locate', name: 'a' },
    { type: 'locate', sources: [{ username: 'yoda', host: '192.0.2.1', port: 50001 }] },
    '{"type":"locate","sources":[{"username":"yoda","host":"192.0.2.1","port":50001}]}',
  ],
  [
    { type: 'publish', name: 'a' },
    { type: 'failure', code: 'RATE_LIMITED', message: 'Too many.', retryAfter: 1000 },
    '{"type":"failure","message":"Too many.","retryAfter":1000,"status":429}',
  ],
]

describe('requests', () => {
  it.each(REQUESTS)('%j is %s', (request, golden) => {
    expect(text(encodeRequest(request))).toBe(golden)
    expect(read(golden)).toEqual(request)
  })

  it('passes over properties that a newer peer may add', () => {
    expect(read('{"type":"publish","name":"a","colour":"red"}')).toMatchObject({ type: 'publish', name: 'a' })
  })

  it('refuses a request that only a newer peer knows, and says so', () => {
    expect(() => read('{"type":"teleport"}')).toThrow(
      expect.objectContaining({ code: 'NOT_SUPPORTED', message: expect.stringContaining('"teleport"') }),
    )
    expect(() => read('{"type":"constructor"}')).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }))
  })

  it.each([
    '',
    'nonsense',
    'null',
    '[]',
    '["publish"]',
    '{}',
    '{"type":1}',
    '{"type":"publish"}',
    '{"type":"publish","name":1}',
    `{"type":"publish","name":"${'x'.repeat(513)}"}`,
    '{"type":"login","username":"a","password":"b","tcpPort":0}',
    '{"type":"login","username":"a","password":"b","tcpPort":1.5}',
    '{"type":"peers","limit":0}',
    '{"type":"peers","limit":1e9}',
  ])('refuses %s', (json) =>
    expect(() => read(json)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' })),
  )

  it('refuses what is not UTF-8, and throws nothing but its own errors at any bytes', () => {
    expect(() => decodeRequest(Buffer.from([0x22, 0xff, 0x22]))).toThrow(BitTrickleError)
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from)), (bytes) => {
        try {
          decodeRequest(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(BitTrickleError)
        }
      }),
    )
  })
})

describe('replies', () => {
  it.each(REPLIES)('to %j: %j is %s', (request, reply, golden) => {
    expect(text(encodeReply(reply, MAX_PAYLOAD_BYTES))).toBe(golden)
    expect(decodeReply(request, Buffer.from(golden))).toEqual(reply)
  })

  it.each([
    '',
    '[]',
    '{"type":"heartbeat"}',
    '{"type":"publish"}',
    '{"type":"failure","status":-1,"message":""}',
  ])('are refused when they do not answer: %s', (json) => {
    expect(() => decodeReply({ type: 'publish', name: 'a' }, Buffer.from(json))).toThrow(
      expect.objectContaining({ code: 'INVALID_REPLY' }),
    )
  })

  it('cannot pass for a failure of this machine', () => {
    const reply = (status: number) =>
      decodeReply({ type: 'heartbeat' }, Buffer.from(`{"type":"failure","status":${status},"message":""}`))
    expect(reply(499)).toMatchObject({ code: 'FORBIDDEN' })
    expect(reply(599)).toMatchObject({ code: 'INTERNAL' })
    expect(
      text(encodeReply({ type: 'failure', code: 'DISK_ERROR', message: '' }, MAX_PAYLOAD_BYTES)),
    ).toContain('"status":500')
  })

  it('keep to the datagram: a page gives up its last items and says that more follow', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 512 })
      .filter((text) => nameProblem(text) === undefined)
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 60 }), fc.boolean(), (names, more) => {
        const all = names.map((each) => ({ name: each }))
        const bytes = encodeReply({ type: 'search', items: all, more }, MAX_PAYLOAD_BYTES)
        expect(bytes.length).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES)
        const read = decodeReply({ type: 'search', query: 'x' }, bytes)
        if (read.type !== 'search') throw new Error('not a page')
        expect(read.items).toEqual(all.slice(0, read.items.length))
        expect(read.more).toBe(more || read.items.length < all.length)
        if (all.length > 0) expect(read.items.length).toBeGreaterThan(0)
      }),
    )
  })

  it('hold the longest name that JSON can make longer still', () => {
    const name = '"'.repeat(512)
    expect(nameProblem(name)).toBeUndefined()
    const bytes = encodeReply({ type: 'search', items: [{ name }], more: true }, MAX_PAYLOAD_BYTES)
    expect(decodeReply({ type: 'search', query: '"' }, bytes)).toMatchObject({ items: [{ name }] })
    expect(encodeRequest({ type: 'search', query: '"'.repeat(2), after: name }).length).toBeLessThan(
      MAX_PAYLOAD_BYTES,
    )
  })

  it('give up sources, and the end of a sentence, that do not fit', () => {
    const source = { username: 'u'.repeat(64), host: '2001:db8:1111:2222:3333:4444:5555:6666', port: 50001 }
    const located: Reply = { type: 'locate', sources: Array(16).fill(source) }
    const bytes = encodeReply(located, MAX_PAYLOAD_BYTES)
    expect(bytes.length).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES)
    expect(text(bytes)).toContain('u'.repeat(64))
    const failure: Reply = { type: 'failure', code: 'NOT_FOUND', message: '"'.repeat(5000) }
    expect(encodeReply(failure, MAX_PAYLOAD_BYTES).length).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES)
  })
})

describe('notices', () => {
  it('are read, or passed over when they are new', () => {
    const bytes = encodeNotice({ type: 'ended', reason: 'account' })
    expect(text(bytes)).toBe('{"type":"ended","reason":"account"}')
    expect(decodeNotice(bytes)).toEqual({ type: 'ended', reason: 'account' })
    for (const json of ['{"type":"fireworks"}', '{"type":"ended"}', 'x', '[]']) {
      expect(decodeNotice(Buffer.from(json))).toBeUndefined()
    }
  })
})
