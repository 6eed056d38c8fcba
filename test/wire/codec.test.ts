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

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const read = (json: string): Request => decodeRequest(Buffer.from(json))

const KEY = 'r'.repeat(42).concat('A')

const REQUESTS: [Request, string][] = [
  [
    { type: 'login', username: 'hans', password: 'falcon*solo', tcpPort: 50001, versions: [1] },
    '{"type":"login","username":"hans","password":"falcon*solo","tcpPort":50001,"versions":[1]}',
  ],
  [{ type: 'logout' }, '{"type":"logout"}'],
  [{ type: 'heartbeat' }, '{"type":"heartbeat"}'],
  [{ type: 'peers', limit: 10, after: 'hans' }, '{"type":"peers","limit":10,"after":"hans"}'],
  [{ type: 'publish', name: 'X.mp3' }, '{"type":"publish","name":"X.mp3"}'],
  [
    { type: 'publish', name: 'X.mp3', root: KEY, size: 2 ** 42 },
    `{"type":"publish","name":"X.mp3","root":"${KEY}","size":4398046511104}`,
  ],
  [{ type: 'unpublish', name: 'X.mp3' }, '{"type":"unpublish","name":"X.mp3"}'],
  [{ type: 'published' }, '{"type":"published"}'],
  [{ type: 'published', prefix: 'music/' }, '{"type":"published","prefix":"music/"}'],
  [{ type: 'search', query: 'mp3' }, '{"type":"search","query":"mp3"}'],
  [
    { type: 'search', query: '', prefix: 'music/', from: 'yoda', limit: 10, after: 'music/X.mp3' },
    '{"type":"search","query":"","prefix":"music/","from":"yoda","limit":10,"after":"music/X.mp3"}',
  ],
  [{ type: 'locate', name: 'X.mp3' }, '{"type":"locate","name":"X.mp3"}'],
  [
    { type: 'locate', name: 'X.mp3', root: KEY, from: 'yoda' },
    `{"type":"locate","name":"X.mp3","root":"${KEY}","from":"yoda"}`,
  ],
]

const RECEIPTS: [Request, string][] = [
  [
    {
      type: 'receipt',
      id: 'x6bC0FqdWpA',
      way: 'sent',
      peer: 'yoda',
      receipts: [
        { root: KEY, bytes: 16384, ms: 12 },
        { root: KEY, bytes: 0, ms: 3, outcome: 'failed', code: 'FORBIDDEN' },
      ],
      lost: 2,
    },
    `{"type":"receipt","id":"x6bC0FqdWpA","way":"sent","peer":"yoda","receipts":[{"root":"${KEY}","bytes":16384,"ms":12},{"root":"${KEY}","bytes":0,"ms":3,"outcome":"failed","code":"FORBIDDEN"}],"lost":2}`,
  ],
]
REQUESTS.push(...RECEIPTS)

it('more receipts than a message may have are not read', () => {
  const receipts = (count: number): string =>
    JSON.stringify(Array(count).fill({ root: KEY, bytes: 1, ms: 1 }))
  const message = '{"type":"receipt","id":"x6bC0FqdWpA","way":"sent","peer":"yoda","receipts":'
  expect(read(`${message}${receipts(16)}}`)).toMatchObject({ type: 'receipt' })
  expect(() => read(`${message}${receipts(17)}}`)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION' }),
  )
})

const REPLIES: [Request, Reply, string][] = [
  [
    { type: 'login', username: 'hans', password: 'x', tcpPort: 1 },
    { type: 'login', heartbeat: { interval: 2000, timeout: 3000 }, version: 1 },
    '{"type":"login","heartbeat":{"interval":2000,"timeout":3000},"version":1}',
  ],
  [{ type: 'heartbeat' }, { type: 'heartbeat' }, '{"type":"heartbeat"}'],
  [RECEIPTS[0]?.[0] as Request, { type: 'receipt' }, '{"type":"receipt"}'],
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
    { type: 'locate', name: 'a' },
    {
      type: 'locate',
      sources: [{ username: 'yoda', host: '192.0.2.1', port: 50001, fingerprint: KEY }],
      root: KEY,
      size: 0,
      ticket: 'a.b-_.c',
    },
    `{"type":"locate","sources":[{"username":"yoda","host":"192.0.2.1","port":50001,"fingerprint":"${KEY}"}],"root":"${KEY}","size":0,"ticket":"a.b-_.c"}`,
  ],
  [
    { type: 'search', query: 'a' },
    { type: 'search', items: [{ name: 'a', size: 1, sources: 2 }, { name: 'b' }], more: false },
    '{"type":"search","items":[{"name":"a","size":1,"sources":2},{"name":"b"}],"more":false}',
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
    '{"type":"search","prefix":"music/"}',
    '{"type":"search","query":"","prefix":1}',
    `{"type":"search","query":"","prefix":"${'x'.repeat(513)}"}`,
    `{"type":"search","query":"","from":"${'x'.repeat(65)}"}`,
    `{"type":"published","prefix":"${'x'.repeat(513)}"}`,
    '{"type":"peers","limit":1e9}',
    '{"type":"login","username":"a","password":"b","tcpPort":1,"fingerprint":"short"}',
    // Either says nothing without the other.
    `{"type":"publish","name":"a","root":"${KEY}"}`,
    '{"type":"publish","name":"a","size":1}',
    `{"type":"publish","name":"a","root":"${KEY}","size":-1}`,
    `{"type":"publish","name":"a","root":"${KEY}","size":1.5}`,
    `{"type":"publish","name":"a","root":"${KEY}","size":4398046511105}`,
    // The same 32 bytes in another text.
    `{"type":"publish","name":"a","root":"${'r'.repeat(42)}B","size":1}`,
    `{"type":"locate","name":"a","root":"${KEY}="}`,
  ])('refuses %s', (json) =>
    expect(() => read(json)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' })),
  )

  it('says what is wrong with a request', () =>
    expect(() => read('{"type":"publish","name":7}')).toThrow(
      'The request publish is malformed: /name must be string.',
    ))

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

  it.each([
    '{"type":"locate","sources":[],"ticket":"a.b.c"}',
    `{"type":"locate","sources":[],"root":"${KEY}"}`,
    `{"type":"locate","sources":[],"root":"${KEY}","size":1,"ticket":"a b"}`,
    `{"type":"locate","sources":[],"root":"${KEY}","size":1,"ticket":""}`,
    '{"type":"locate","sources":[{"host":"192.0.2.1","port":1,"fingerprint":"x"}]}',
  ])('to locate are refused when they make no sense: %s', (json) => {
    expect(() => decodeReply({ type: 'locate', name: 'a' }, Buffer.from(json))).toThrow(
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
