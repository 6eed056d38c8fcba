import { readFile } from 'node:fs/promises'
import sodium from 'sodium-native'
import type { TSchema } from 'typebox'
import { describe, expect, it } from 'vitest'
import * as limits from '../../src/channel/limits.js'
import * as protocol from '../../src/channel/protocol.js'
import { REPLAY_WINDOW } from '../../src/channel/replay-window.js'
import { sessionEnded } from '../../src/peer/session-ended.js'
import { resolveLimits } from '../../src/server/limits.js'
import { resolveHeartbeat } from '../../src/server/options.js'
import { TicketSigner, TicketVerifier } from '../../src/transfer/ticket.js'
import { decodeNotice, decodeReply, decodeRequest } from '../../src/wire/codec.js'
import * as wireLimits from '../../src/wire/limits.js'
import type { Request } from '../../src/wire/messages.js'
import {
  extensionProblem,
  globProblem,
  nameProblem,
  passwordProblem,
  prefixProblem,
  queryProblem,
  usernameProblem,
} from '../../src/wire/names.js'
import { failureSchema, noticeSchemas, replySchemas, requestSchemas } from '../../src/wire/schemas.js'
import { codeOf, statusOf } from '../../src/wire/status.js'
import vectors from '../channel/vectors.json' with { type: 'json' }
import { handshake, keyPair, openData } from './by-the-page.js'

const page = await readFile(new URL('../../docs/protocol.md', import.meta.url), 'utf8')

const hex = (text: string): Buffer => Buffer.from(text, 'hex')

/** The fenced blocks of a language: what stands behind the language, and the text. */
const blocks = (language: string): [label: string, text: string][] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\b *(.*)\\n([\\s\\S]*?)\`\`\`$`, 'gm'))].map(
    ([, label = '', text = '']) => [label, text],
  )

/** The text under a heading, up to the next one of the same level or a higher one. */
function section(heading: string): string {
  const [, marks = '', name = ''] = /^(#+) (.*)$/.exec(heading) ?? []
  const from = page.split(`\n${marks} ${name}\n`)[1]
  if (from === undefined) throw new Error(`no heading ${heading}`)
  return from.split(new RegExp(`\\n#{1,${marks.length}} `))[0] ?? ''
}

/** The rows of all tables in a text, as their cells, without the marks of code. */
const rows = (text: string): string[][] =>
  [...text.matchAll(/^\|(.*)\|$/gm)].map(([, line = '']) =>
    line.split('|').map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
  )

function number(text: string): number {
  const [base = '', power] = text.replaceAll(',', '').split('^')
  return power === undefined ? Number(base) : Number(base) ** Number(power)
}

/** The constants that are numbers. */
const numbers = (constants: object): Record<string, number> =>
  Object.fromEntries(Object.entries(constants).filter(([, value]) => typeof value === 'number'))

/** The rows of a section whose first cell names a constant. */
const constantsOf = (heading: string): Record<string, number> =>
  Object.fromEntries(
    rows(section(heading))
      .filter(([name = '', value = '']) => /^[A-Z][A-Z_0-9]+$/.test(name) && /^\d[\d,^]*$/.test(value))
      .map(([name = '', value = '']) => [name, number(value)]),
  )

/** The rows of a section that give a number to each of these names, and to no other. */
function numbered(heading: string, names: object): Record<string, number> {
  const known = Object.keys(names)
  const found = rows(section(heading)).filter(
    ([value = '', name = '']) => /^(0x)?[0-9a-f]+$/.test(value) && known.includes(name),
  )
  expect(found).toHaveLength(known.length)
  return Object.fromEntries(found.map(([value, name]) => [name, Number(value)]))
}

describe('the bytes of docs/protocol.md', () => {
  const written = Object.fromEntries(blocks('hex').map(([label, text]) => [label, text.replaceAll('\n', '')]))
  const { peerAddress, ...secrets } = vectors.inputs
  const [initiatorIndex, responderIndex] = [hex(secrets.initiatorIndex), hex(secrets.responderIndex)]
  const result = handshake({
    prologue: 'BitTrickle control 1',
    initiatorStatic: keyPair(hex(secrets.initiatorStatic)),
    initiatorEphemeral: keyPair(hex(secrets.initiatorEphemeral)),
    responderStatic: keyPair(hex(secrets.responderStatic)),
    responderEphemeral: keyPair(hex(secrets.responderEphemeral)),
    payloads: [initiatorIndex, responderIndex, Buffer.alloc(4)],
  })

  it('are those of the vectors, all of them and no others', () => {
    const expected: Record<string, string> = {
      'derived.handshakeHash': result.handshakeHash.toString('hex'),
      'derived.initiatorKey': result.initiatorKey.toString('hex'),
      'derived.responderKey': result.responderKey.toString('hex'),
    }
    for (const [group, values] of Object.entries({ ...vectors, inputs: secrets })) {
      for (const [name, value] of Object.entries(values)) expected[`${group}.${name}`] = value
    }
    expect(written).toEqual(expected)
    expect(blocks('hex')).toHaveLength(Object.keys(expected).length)
    expect(page).toContain(`from ${peerAddress}`)
  })

  it('of the handshake come out of what the page says, without the code', () => {
    const { hello, helloWithCookie, response, finish } = vectors.handshake
    const [message1, message2, message3] = result.messages.map((message) => message.toString('hex'))
    const cookie = vectors.handshake.cookie.slice(16)
    expect(hello).toBe(`80010000${message1}${'00'.repeat(16)}`)
    expect(helloWithCookie).toBe(`80010000${message1}${cookie}`)
    expect(response).toBe(`83000000${secrets.initiatorIndex}${message2}`)
    expect(finish).toBe(`84000000${secrets.responderIndex}${message3}`)
    expect(vectors.others.refusedVersion).toBe(`8101010100000000${message1}`)
    expect(vectors.others.refusedLimited).toBe(`81020101${(1500).toString(16).padStart(8, '0')}${message1}`)
  })

  it('of our cookie and reset token come out of the notes on how they are made', () => {
    const mac = (bytes: number, key: Buffer, input: Buffer): Buffer => {
      const output = Buffer.alloc(bytes)
      sodium.crypto_generichash(output, input, key)
      return output
    }
    const from = Buffer.from('40000 192.0.2.7')
    const [message1] = result.messages
    const cookie = mac(16, hex(secrets.cookieSecret), Buffer.concat([message1, from]))
    expect(vectors.handshake.cookie).toBe(`82000000${secrets.initiatorIndex}${cookie.toString('hex')}`)
    const key = mac(32, hex(secrets.responderStatic), Buffer.from('BitTrickle reset'))
    const initiator = Buffer.from('192.0.2.7:40000')
    const token = mac(16, key, Buffer.concat([responderIndex, initiator])).toString('hex')
    expect(vectors.others.reset).toBe(`86000000${secrets.responderIndex}${token}`)
  })

  it('of the frames are what the text above each says', () => {
    const example = section('### Sealed frames')
    const token = vectors.others.reset.slice(16)
    let before = 0
    for (const [name, datagram] of Object.entries(vectors.data)) {
      const bytes = hex(datagram)
      const key =
        bytes.readUInt32BE(4) === responderIndex.readUInt32BE() ? result.initiatorKey : result.responderKey
      const frame = openData(key, bytes).toString('hex').replace(token, '')
      const at = example.indexOf(`\`\`\`hex data.${name}\n`)
      expect(example.slice(0, at)).toContain(`\`${frame}\``)
      expect(at).toBeGreaterThan(before)
      before = at
    }
  })
})

describe('the numbers of docs/protocol.md', () => {
  it('are the constants of the code, all of them', () => {
    const { PROLOGUE, ...agreed } = protocol
    expect(constantsOf('### Constants')).toEqual({ ...numbers(agreed), ...numbers(limits), REPLAY_WINDOW })
    expect(rows(section('### Constants'))).toContainEqual(['PROLOGUE', PROLOGUE.toString('ascii'), 'ASCII'])
    expect(constantsOf('### Rules of all messages')).toEqual(numbers(wireLimits))
  })

  it('are those of types, kinds and reasons', () => {
    const { DatagramType, FrameKind, RefusedReason, RefusalReason, CloseReason } = protocol
    expect(numbered('### Datagrams', { ...DatagramType, ...RefusedReason })).toEqual({
      ...DatagramType,
      ...RefusedReason,
    })
    expect(numbered('### Frames', FrameKind)).toEqual(FrameKind)
    expect(numbered('### Requests', RefusalReason)).toEqual(RefusalReason)
    expect(numbered('### The life of a channel', CloseReason)).toEqual(CloseReason)
  })

  it('of the datagrams are their lengths', () => {
    const { handshake, others } = vectors
    const bytes = Object.fromEntries(
      rows(section('### Datagrams')).flatMap(([type = '', name = '', length = '']) =>
        type.startsWith('0x') ? [[name, length]] : [],
      ),
    )
    const shortest = protocol.DATA_HEADER_BYTES + protocol.FRAME_HEADER_BYTES + protocol.TAG_BYTES
    expect(bytes).toEqual({
      Hello: '1,200',
      Refused: String(others.refusedLimited.length / 2),
      Cookie: String(handshake.cookie.length / 2),
      Response: String(handshake.response.length / 2),
      Finish: String(handshake.finish.length / 2),
      Data: `${shortest} to 1,200`,
      Reset: String(others.reset.length / 2),
    })
  })

  it('are the statuses', () => {
    const written = rows(section('### Failures')).filter(([status = '']) => /^\d+$/.test(status))
    const expected: string[][] = []
    // The first number of a code is not always its own: 403 and 500 stand for unknown ones too.
    for (let status = 0; status < 1000; status += 1) {
      if (statusOf(codeOf(status)) === status) expected.push([String(status), codeOf(status)])
    }
    expect(written.map(([status, code]) => [status, code])).toEqual(expected)
  })

  it('are the defaults of the index', () => {
    const { channels, requestsPerSecond, sources } = resolveLimits()
    const grouped = (value: number): string => value.toLocaleString('en')
    const { interval, timeout } = resolveHeartbeat()
    expect(page).toContain(`an index allows ${grouped(channels)}`)
    expect(page).toContain(`> Ours: ${grouped(requestsPerSecond)} requests a second`)
    expect(page).toContain(`> Ours: ${sources} sources at most`)
    expect(section('### Liveness').replace(/\s+/g, ' ')).toContain(
      `${grouped(interval)} and ${grouped(timeout)} unless`,
    )
  })

  it('of the kinds of values are where the rules end', () => {
    const most = (kind: string): number =>
      Number(/ (\d+) bytes/.exec(rows(page).find(([name]) => name === kind)?.[1] ?? '')?.[1])
    const rules = {
      name: nameProblem,
      username: usernameProblem,
      password: passwordProblem,
      query: queryProblem,
      prefix: prefixProblem,
      glob: globProblem,
      extension: extensionProblem,
    }
    for (const [kind, problem] of Object.entries(rules)) {
      expect(problem('x'.repeat(most(kind)))).toBeUndefined()
      expect(problem('x'.repeat(most(kind) + 1))).toBeDefined()
    }
  })
})

describe('the messages of docs/protocol.md', () => {
  const examples = blocks('json').map(([label, text]) => ({
    label,
    json: JSON.parse(text),
    bytes: Buffer.from(text),
  }))
  const example = (label: string) => {
    const found = examples.find((each) => each.label === label)
    if (found === undefined) throw new Error(`no example ${label}`)
    return found
  }
  const types = Object.keys(requestSchemas) as (keyof typeof requestSchemas)[]

  it.each(types)('%s has a heading, each property a row, and examples that the codec reads', (type) => {
    const text = section(`#### ${type}`)
    const fields = rows(text).map(([name]) => name)
    const request = example(`request ${type}`)
    const reply = example(`reply ${type}`)
    for (const property of properties(requestSchemas[type])) expect(fields).toContain(property)
    for (const property of properties(replySchemas[type])) expect(fields).toContain(`reply: \`${property}\``)
    expect(decodeRequest(request.bytes)).toEqual(request.json)
    expect(decodeReply(request.json as Request, reply.bytes)).toEqual(reply.json)
    expect(unknown(requestSchemas[type], request.json)).toEqual([])
    expect(unknown(replySchemas[type], reply.json)).toEqual([])
  })

  it('has no row for a property that a message does not have', () => {
    for (const type of types) {
      const named = rows(section(`#### ${type}`)).map(([name = '']) => name)
      const known = [
        ...properties(requestSchemas[type]),
        ...properties(replySchemas[type]).map((property) => `reply: \`${property}\``),
      ]
      const fields = named.filter((name) => /^([a-z]\w*|reply: `\w+`)$/i.test(name) && name !== 'field')
      expect(fields).toEqual(known)
    }
  })

  it.each(Object.keys(noticeSchemas) as (keyof typeof noticeSchemas)[])(
    'the notice %s has a heading and an example that the codec reads',
    (type) => {
      const notice = example(`notice ${type}`)
      expect(decodeNotice(notice.bytes)).toEqual(notice.json)
      const text = section(`#### ${type}`)
      for (const property of properties(noticeSchemas[type])) expect(text).toContain(property)
    },
  )

  it('says all reasons for which a session ends, and the peer has words of its own for each', () => {
    const written = rows(section('#### ended')).map(([name]) => name ?? '')
    const reasons = written.filter((name) => !/^(`?reason`?|-+|)$/.test(name))
    expect(reasons.length).toBeGreaterThan(0)
    for (const reason of reasons) expect(sessionEnded(reason).message).not.toContain(JSON.stringify(reason))
  })

  it('a failure has a row for each property, and an example that the codec reads', () => {
    const { json, bytes } = example('failure login')
    const fields = rows(section('### Failures')).map(([name]) => name)
    for (const property of properties(failureSchema)) expect(fields).toContain(property)
    const { status, ...rest } = json
    expect(decodeReply(example('request login').json, bytes)).toEqual({ ...rest, code: codeOf(status) })
  })

  it('are examples of all types and of nothing else', () => {
    const expected = [
      ...types.flatMap((type) => [`request ${type}`, `reply ${type}`]),
      ...Object.keys(noticeSchemas).map((type) => `notice ${type}`),
      'failure login',
    ]
    expect(examples.map(({ label }) => label).sort()).toEqual(expected.sort())
    for (const { bytes } of examples) expect(bytes.length).toBeLessThanOrEqual(protocol.MAX_PAYLOAD_BYTES)
  })
})

describe('the ticket of docs/protocol.md', () => {
  it('is one that the index of the page signs for the asker of the page, and the key beside it verifies', async () => {
    const [request, granted, located] = ['request login', 'reply login', 'reply locate'].map((wanted) =>
      JSON.parse(blocks('json').find(([label]) => label === wanted)?.[1] ?? ''),
    )
    const signer = new TicketSigner(hex(vectors.inputs.responderStatic))
    expect(granted.ticketKey).toBe(signer.publicKey)
    const { username, fingerprint } = request
    const { root, size, ticket } = located
    const now = Date.UTC(2030, 0, 1)
    expect(signer.sign({ username, fingerprint, root, size }, now)).toBe(ticket)
    const valid = new TicketVerifier(granted.ticketKey).verify(ticket, root, fingerprint, now)
    expect(valid).toMatchObject({ username, size })
  })

  it('has the header and the claims that are written below it, each with a row', () => {
    const { ticket } = JSON.parse(blocks('json').find(([label]) => label === 'reply locate')?.[1] ?? '')
    const [header, claims] = ticket
      .split('.')
      .map((part: string) => Buffer.from(part, 'base64url').toString())
    expect(blocks('text')).toContainEqual(['ticket', `header  ${header}\nclaims  ${claims}\n`])
    const named = rows(section('#### Tickets')).map(([name]) => name)
    expect(named.slice(2)).toEqual(Object.keys(JSON.parse(claims)))
  })
})

/** The properties of a message besides its type. */
const properties = (schema: { readonly properties: Record<string, TSchema> }): string[] =>
  Object.keys(schema.properties).filter((name) => name !== 'type')

/** What a message says and its schema does not know. */
const unknown = (schema: { readonly properties: Record<string, TSchema> }, message: object): string[] =>
  Object.keys(message).filter((name) => !Object.hasOwn(schema.properties, name))
