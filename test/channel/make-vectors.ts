import { encodeIndexed, encodeRefused } from '../../src/channel/datagrams.js'
import { defaultHandshakeLimits } from '../../src/channel/handshake-limiter.js'
import { InitiatorHandshake } from '../../src/channel/initiator-handshake.js'
import { keyPairFromSecret } from '../../src/channel/noise.js'
import {
  CloseReason,
  DatagramType,
  FrameKind,
  RefusalReason,
  RefusedReason,
} from '../../src/channel/protocol.js'
import type { RandomSource } from '../../src/channel/random.js'
import { ResetTokens } from '../../src/channel/reset-token.js'
import { ResponderHandshakes } from '../../src/channel/responder-handshakes.js'
import type { TransportKeys } from '../../src/channel/transport-keys.js'
import { ManualClock } from '../helpers/manual-clock.js'

const PEER = { host: '192.0.2.7', port: 40000 }

const inputs = {
  initiatorStatic: '11'.repeat(32),
  initiatorEphemeral: '22'.repeat(32),
  initiatorIndex: '0a0b0c0d',
  responderStatic: '33'.repeat(32),
  responderEphemeral: '44'.repeat(32),
  responderIndex: '01020304',
  cookieSecret: '55'.repeat(32),
  previousCookieSecret: '66'.repeat(32),
  peerAddress: `${PEER.host} port ${PEER.port}`,
}

/** Gives these bytes, one after the other. */
function scripted(...values: string[]): RandomSource {
  const queue = values.map((value) => Buffer.from(value, 'hex'))
  return { bytes: (length) => queue.shift() ?? Buffer.alloc(length), fraction: () => 0 }
}

function keyPair(secret: string): ReturnType<typeof keyPairFromSecret> {
  return keyPairFromSecret(Buffer.from(secret, 'hex'))
}

/** A whole conversation with fixed keys, byte for byte: what vectors.json must say. */
export function makeVectors(): Record<string, unknown> {
  const responderStatic = keyPair(inputs.responderStatic)
  const responder = new ResponderHandshakes({
    keyPair: responderStatic,
    clock: new ManualClock(),
    random: scripted(
      inputs.cookieSecret,
      inputs.previousCookieSecret,
      inputs.responderIndex,
      inputs.responderEphemeral,
    ),
    limits: defaultHandshakeLimits,
    taken: () => false,
    onLimited: () => {},
  })
  const initiator = new InitiatorHandshake({
    keyPair: keyPair(inputs.initiatorStatic),
    random: scripted(inputs.initiatorIndex, inputs.initiatorEphemeral),
    verify: () => {},
    resume: 0,
    taken: () => false,
  })
  const hello = initiator.datagram
  const cookie = responder.onHello(Buffer.from(hello), PEER) ?? Buffer.alloc(0)
  initiator.onCookie(cookie.subarray(8))
  const helloWithCookie = initiator.datagram
  const response = responder.onHello(Buffer.from(helloWithCookie), PEER) ?? Buffer.alloc(0)
  initiator.onResponse(response.subarray(8), 0)
  const finish = initiator.datagram
  const finished = responder.onFinish(finish, PEER)
  const mine = initiator.keys
  const theirs = finished?.keys
  if (mine === undefined || theirs === undefined) throw new Error('the handshake failed')
  const token = new ResetTokens(responderStatic.secretKey).make(mine.remoteIndex, PEER)
  const seal = (keys: TransportKeys, kind: number, extra: number, id: number, payload = ''): string =>
    keys.seal(kind, extra, id, Buffer.from(payload))?.toString('hex') ?? ''
  return {
    inputs,
    publicKeys: {
      initiatorStatic: keyPair(inputs.initiatorStatic).publicKey.toString('hex'),
      responderStatic: responderStatic.publicKey.toString('hex'),
    },
    handshake: {
      hello: unpadded(hello),
      cookie: cookie.toString('hex'),
      helloWithCookie: unpadded(helloWithCookie),
      response: response.toString('hex'),
      finish: finish.toString('hex'),
    },
    data: {
      ready: theirs.seal(FrameKind.Ready, 0, 0, token)?.toString('hex'),
      readyConfirmed: seal(mine, FrameKind.Ready, 0, 0),
      request: seal(mine, FrameKind.Request, 0, 1, 'ping'),
      reply: seal(theirs, FrameKind.Reply, 0, 1, 'pong'),
      secondRequest: seal(mine, FrameKind.Request, 1, 2, 'slow'),
      working: seal(theirs, FrameKind.Working, 0, 2),
      refusal: seal(theirs, FrameKind.Refusal, RefusalReason.Busy, 2),
      notice: seal(theirs, FrameKind.Notice, 0, 1, 'hear'),
      noticeAck: seal(mine, FrameKind.NoticeAck, 0, 1),
      close: seal(mine, FrameKind.Close, CloseReason.Closed, 0),
    },
    others: {
      reset: encodeIndexed(DatagramType.Reset, mine.remoteIndex, token).toString('hex'),
      refusedVersion: encodeRefused(RefusedReason.Version, 0, initiator.message1).toString('hex'),
      refusedLimited: encodeRefused(RefusedReason.Limited, 1500, initiator.message1).toString('hex'),
    },
  }
}

/** A hello without the zeros that fill it up to 1,200 bytes. */
function unpadded(hello: Buffer): string {
  return hello.toString('hex', 0, 56)
}
