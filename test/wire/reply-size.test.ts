import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_PAYLOAD_BYTES } from '../../src/channel/protocol.js'
import { TicketSigner } from '../../src/transfer/ticket.js'
import { decodeReply, encodeReply, encodeRequest } from '../../src/wire/codec.js'
import type { Reply } from '../../src/wire/messages.js'
import { nameProblem, usernameProblem } from '../../src/wire/names.js'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const KEY = 'r'.repeat(42).concat('A')

describe('replies', () => {
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
    const hit = { name, size: 2 ** 42, sources: 20_000 }
    const bytes = encodeReply({ type: 'search', items: [hit], more: true }, MAX_PAYLOAD_BYTES)
    expect(decodeReply({ type: 'search', query: '"' }, bytes)).toMatchObject({ items: [hit] })
    const detailed = { ...hit, publishedAt: 8.64e15 }
    const long = encodeReply(
      { type: 'search', items: [detailed], more: true, next: name, partial: true },
      MAX_PAYLOAD_BYTES,
    )
    expect(decodeReply({ type: 'search', query: '"' }, long)).toMatchObject({ items: [detailed], more: true })
    const publication = { name, root: KEY, size: 2 ** 42 }
    const page = encodeReply({ type: 'published', items: [publication], more: true }, MAX_PAYLOAD_BYTES)
    expect(decodeReply({ type: 'published' }, page)).toMatchObject({ items: [publication] })
    expect(encodeRequest({ type: 'publish', ...publication }).length).toBeLessThan(MAX_PAYLOAD_BYTES)
    expect(encodeRequest({ type: 'search', query: '"'.repeat(2), after: name }).length).toBeLessThan(
      MAX_PAYLOAD_BYTES,
    )
  })

  it('to locate hold the ticket and at least one source, whoever asks, for whatever, from whomever', () => {
    const signer = new TicketSigner(Buffer.alloc(32, 7))
    const username = fc
      .oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 64 }), fc.constant('"'.repeat(64)))
      .filter((text) => usernameProblem(text) === undefined)
    const key = fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((bytes) => Buffer.from(bytes).toString('base64url'))
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('0000:0000:0000:0000:0000:ffff:255.255.255.255'))
    const port = fc.integer({ min: 1, max: 65_535 })
    const source = fc.record({ username, host, port, fingerprint: key })
    const size = fc.oneof(fc.integer({ min: 0, max: 2 ** 42 }), fc.constant(2 ** 42))
    fc.assert(
      fc.property(
        fc.array(source, { minLength: 1, maxLength: 32 }),
        fc.record({ username, fingerprint: key, root: key, size }),
        (sources, claims) => {
          const { root, size } = claims
          const ticket = signer.sign(claims, Date.UTC(2030, 0, 1))
          const bytes = encodeReply(
            { type: 'locate', sources, root, size, ticket, contents: 20_000 },
            MAX_PAYLOAD_BYTES,
          )
          expect(bytes.length).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES)
          const read = decodeReply({ type: 'locate', name: 'x' }, bytes)
          if (read.type !== 'locate') throw new Error('no location')
          expect(read).toMatchObject({ root, size, ticket, contents: 20_000 })
          expect(read.sources.length).toBeGreaterThan(0)
          expect(read.sources).toEqual(sources.slice(0, read.sources.length))
          // One more would not have fitted.
          const more = { ...read, sources: sources.slice(0, read.sources.length + 1) }
          const isWhole = read.sources.length === sources.length
          expect(isWhole || Buffer.byteLength(JSON.stringify(more)) > MAX_PAYLOAD_BYTES).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('say that they are too large, rather than nothing', () => {
    const source = { username: 'u'.repeat(64), host: '192.0.2.1', port: 50001 }
    const located: Reply = { type: 'locate', sources: [source, source] }
    expect(() => encodeReply(located, 100)).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }))
    const page: Reply = { type: 'published', items: [{ name: 'x'.repeat(512) }], more: false }
    expect(() => encodeReply(page, 500)).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }))
  })

  it('give up sources, and the end of a sentence, that do not fit', () => {
    const source = { username: 'u'.repeat(64), host: '2001:db8:1111:2222:3333:4444:5555:6666', port: 50001 }
    const located: Reply = { type: 'locate', sources: Array(16).fill(source) }
    const bytes = encodeReply(located, MAX_PAYLOAD_BYTES)
    expect(bytes.length).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES)
    expect(text(bytes)).toContain('u'.repeat(64))
    expect(JSON.parse(text(bytes)).sources.length).toBeGreaterThan(5)
    const failure: Reply = { type: 'failure', code: 'NOT_FOUND', message: '"'.repeat(5000) }
    expect(encodeReply(failure, MAX_PAYLOAD_BYTES).length).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES)
  })
})
