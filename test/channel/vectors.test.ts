import { createDecipheriv } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { keyPairFromSecret, NoiseHandshake } from '../../src/channel/noise.js'
import { makeVectors } from './make-vectors.js'
import vectors from './vectors.json' with { type: 'json' }

const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const zeros = Buffer.alloc(0)

/** The keys of the conversation: initiator to responder, and back. */
function transportKeys(): readonly [Buffer, Buffer] {
  const { inputs, handshake } = vectors
  const pair = (secret: string): ReturnType<typeof keyPairFromSecret> => keyPairFromSecret(hex(secret))
  const responder = NoiseHandshake.responder(pair(inputs.responderStatic), pair(inputs.responderEphemeral))
  responder.read(hex(handshake.helloWithCookie).subarray(4, 40))
  responder.write(hex(inputs.responderIndex))
  responder.read(hex(handshake.finish).subarray(8))
  return [responder.result?.receiveKey ?? zeros, responder.result?.sendKey ?? zeros]
}

/** Opens a Data datagram by the text of docs/protocol.md alone. */
function open(key: Buffer, datagram: Buffer): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64LE(datagram.readBigUInt64BE(8), 4)
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 })
  decipher.setAAD(datagram.subarray(0, 16), { plaintextLength: datagram.length - 32 })
  decipher.setAuthTag(datagram.subarray(-16))
  return Buffer.concat([decipher.update(datagram.subarray(16, -16)), decipher.final()])
}

describe('the golden bytes', () => {
  it('are what the code sends', () => {
    expect(makeVectors()).toEqual(vectors)
  })

  it('are laid out as documented', () => {
    const { handshake, others, inputs } = vectors
    expect(handshake.hello.slice(0, 8)).toBe('80010000')
    expect(handshake.hello.slice(72, 80)).toBe(inputs.initiatorIndex)
    expect(handshake.hello.slice(80)).toBe('00'.repeat(16))
    expect(handshake.cookie).toBe(`82000000${inputs.initiatorIndex}${handshake.helloWithCookie.slice(80)}`)
    expect(handshake.response.slice(0, 16)).toBe(`83000000${inputs.initiatorIndex}`)
    expect(handshake.finish.slice(0, 16)).toBe(`84000000${inputs.responderIndex}`)
    expect(others.reset.slice(0, 16)).toBe(`86000000${inputs.responderIndex}`)
    expect(others.refusedLimited).toBe(`81020101000005dc${handshake.hello.slice(8, 80)}`)
    expect(handshake.response).toHaveLength(108 * 2)
    expect(handshake.finish).toHaveLength(76 * 2)
  })

  it('open by the published construction', () => {
    const [toResponder, toInitiator] = transportKeys()
    const { data, others } = vectors
    const text = (key: Buffer, datagram: string): string => open(key, hex(datagram)).toString('hex')
    const ping = Buffer.from('ping').toString('hex')
    const pong = Buffer.from('pong').toString('hex')
    const slow = Buffer.from('slow').toString('hex')
    const hear = Buffer.from('hear').toString('hex')
    expect(text(toInitiator, data.ready)).toBe(`0000000000000000${others.reset.slice(16)}`)
    expect(text(toResponder, data.readyConfirmed)).toBe('0000000000000000')
    expect(text(toResponder, data.request)).toBe(`0100000000000001${ping}`)
    expect(text(toInitiator, data.reply)).toBe(`0200000000000001${pong}`)
    expect(text(toResponder, data.secondRequest)).toBe(`0101000000000002${slow}`)
    expect(text(toInitiator, data.working)).toBe('0700000000000002')
    expect(text(toInitiator, data.refusal)).toBe('0303000000000002')
    expect(text(toInitiator, data.notice)).toBe(`0400000000000001${hear}`)
    expect(text(toResponder, data.noticeAck)).toBe('0500000000000001')
    expect(text(toResponder, data.close)).toBe('0601000000000000')
    expect(data.close.slice(0, 32)).toBe('85000000010203040000000000000004')
  })
})
