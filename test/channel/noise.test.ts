import { createCipheriv } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { generateKeyPair, keyPairFromSecret, NoiseHandshake } from '../../src/channel/noise.js'
import { systemRandom } from '../../src/channel/random.js'
import vector from './cacophony.json' with { type: 'json' }

const hex = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'hex')
const keys = (secret: string): ReturnType<typeof keyPairFromSecret> => keyPairFromSecret(hex(secret))
const [one, two, three, ...transport] = vector.messages

/** Noise's EncryptWithAd of ChaChaPoly with no associated data, by another library than ours. */
function encrypt(key: Buffer, counter: number, plaintext: Buffer): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64LE(BigInt(counter), 4)
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 })
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

describe('the handshake', () => {
  const start = (): [NoiseHandshake, NoiseHandshake] => {
    const prologue = hex(vector.prologue)
    return [
      NoiseHandshake.initiator(keys(vector.initiatorStatic), keys(vector.initiatorEphemeral), prologue),
      NoiseHandshake.responder(keys(vector.responderStatic), keys(vector.responderEphemeral), prologue),
    ]
  }

  it(`gives the published bytes of ${vector.name}`, () => {
    const [initiator, responder] = start()
    const turns = [
      [initiator, responder, one],
      [responder, initiator, two],
      [initiator, responder, three],
    ] as const
    for (const [sender, receiver, message] of turns) {
      const bytes = sender.write(hex(message?.payload))
      expect(bytes).toEqual(hex(message?.ciphertext))
      expect(receiver.read(bytes)).toEqual(hex(message?.payload))
    }
    const mine = initiator.result
    const theirs = responder.result
    expect(theirs?.sendKey).toEqual(mine?.receiveKey)
    expect(theirs?.receiveKey).toEqual(mine?.sendKey)
    expect(theirs?.handshakeHash).toEqual(mine?.handshakeHash)
    expect(theirs?.remoteStaticKey).toEqual(keys(vector.initiatorStatic).publicKey)
    expect(mine?.remoteStaticKey).toEqual(keys(vector.responderStatic).publicKey)
    // The transport messages take turns, the responder first.
    transport.forEach(({ payload, ciphertext }, turn) => {
      const key = turn % 2 === 0 ? mine?.receiveKey : mine?.sendKey
      expect(encrypt(key ?? Buffer.alloc(32), Math.floor(turn / 2), hex(payload))).toEqual(hex(ciphertext))
    })
  })

  it('goes on after a forged message, and leaves what it is given as it was', () => {
    const [initiator, responder] = start()
    const message1 = initiator.write(hex(one?.payload))
    responder.read(message1)
    const message2 = responder.write(hex(two?.payload))
    for (let at = 0; at < message2.length; at++) {
      const forged = Buffer.from(message2)
      forged[at] = (forged[at] ?? 0) ^ 0x40
      expect(initiator.read(forged)).toBeUndefined()
    }
    expect(initiator.read(message2.subarray(0, 40))).toBeUndefined()
    expect(initiator.read(message2)).toEqual(hex(two?.payload))
    expect(message2).toEqual(hex(two?.ciphertext))
    const message3 = initiator.write(hex(three?.payload))
    expect(responder.read(Buffer.alloc(message3.length))).toBeUndefined()
    expect(responder.read(message3)).toEqual(hex(three?.payload))
    expect(message3).toEqual(hex(three?.ciphertext))
  })

  it('fails between two versions of the protocol', () => {
    const initiator = NoiseHandshake.initiator(generateKeyPair(systemRandom), generateKeyPair(systemRandom))
    const other = Buffer.from('BitTrickle control 2')
    const responder = NoiseHandshake.responder(
      generateKeyPair(systemRandom),
      generateKeyPair(systemRandom),
      other,
    )
    responder.read(initiator.write(Buffer.alloc(4)))
    expect(initiator.read(responder.write(Buffer.alloc(4)))).toBeUndefined()
  })
})
