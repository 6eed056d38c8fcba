import { describe, expect, it } from 'vitest'
import type { Address } from '../../src/channel/datagram-socket.js'
import { decodeIndexed, encodeIndexed, encodeRefused } from '../../src/channel/datagrams.js'
import { InitiatorHandshake } from '../../src/channel/initiator-handshake.js'
import {
  MAX_HALF_OPEN,
  MAX_LIMITED_ADDRESSES,
  RENEW_AFTER_MS,
  RENEW_RETRY_MS,
} from '../../src/channel/limits.js'
import { generateKeyPair } from '../../src/channel/noise.js'
import { DatagramType, FrameKind, RefusedReason } from '../../src/channel/protocol.js'
import { ResetTokens } from '../../src/channel/reset-token.js'
import type { Passing } from '../helpers/lossy-network.js'
import { failure, Harness, PEER, SERVER, type TestPeer } from './harness.js'

const STRANGER: Address = { host: '10.6.6.6', port: 666 }

/** A conversation of every kind of datagram, recorded. */
async function conversation(h: Harness): Promise<{ peer: TestPeer; recorded: Passing[] }> {
  const recorded: Passing[] = []
  h.network.tap = (passing) => {
    recorded.push({ ...passing, datagram: Buffer.from(passing.datagram) })
    return true
  }
  const peer = await h.connected()
  for (let i = 0; i < 20; i++) await h.until(peer.client.request(Buffer.from(`r${i}`)))
  await h.until(h.opened[0]?.notify(Buffer.from('notice')) ?? Promise.resolve())
  h.network.tap = () => true
  return { peer, recorded }
}

/** Nothing that was done to the channel has had any effect, and it still works. */
async function expectUnharmed(h: Harness, { client, notices, states }: TestPeer): Promise<void> {
  await h.clock.advance(100)
  expect(h.requests).toEqual(Array.from({ length: 20 }, (_, i) => `r${i}`))
  expect(notices).toEqual(['notice'])
  expect(h.opened).toHaveLength(1)
  expect(h.opened[0]?.address).toEqual(PEER)
  expect(states.map(({ state }) => state)).toEqual(['connecting', 'open'])
  expect((await h.until(client.request(Buffer.from('still')))).toString()).toBe('re still')
  expect(h.errors).toEqual([])
}

/** Takes a peer's hello through the cookie round from an address, as one would that owns it. */
function respond(
  h: Harness,
  from: Address,
  resume = 0,
): { handshake: InitiatorHandshake; answers: Buffer[] } {
  const answers: Buffer[] = []
  h.network.socket(from).receive({ message: (datagram) => answers.push(datagram), error: () => {} })
  const handshake = new InitiatorHandshake({
    keyPair: generateKeyPair(h.random),
    random: h.random,
    verify: () => {},
    resume,
    taken: () => false,
  })
  return { handshake, answers }
}

async function cookieRound(h: Harness, from: Address, resume = 0): Promise<InitiatorHandshake> {
  const { handshake, answers } = respond(h, from, resume)
  h.network.inject({ datagram: handshake.datagram, from, to: SERVER })
  await h.clock.advance(2)
  handshake.onCookie(decodeIndexed(answers.pop() ?? Buffer.alloc(0))?.body ?? Buffer.alloc(16))
  h.network.inject({ datagram: handshake.datagram, from, to: SERVER })
  await h.clock.advance(2)
  const response = decodeIndexed(answers.pop() ?? Buffer.alloc(0))
  if (response !== undefined) handshake.onResponse(response.body, 0)
  return handshake
}

describe('an attacker gets nowhere with', () => {
  it('replayed datagrams, from the same address or another', async () => {
    const h = new Harness()
    const { peer, recorded } = await conversation(h)
    for (const passing of [...recorded, ...recorded]) {
      h.network.inject(passing)
      h.network.inject({ ...passing, from: STRANGER })
    }
    await expectUnharmed(h, peer)
  })

  it('reflected datagrams', async () => {
    const h = new Harness()
    const { peer, recorded } = await conversation(h)
    for (const { datagram, from, to } of recorded) h.network.inject({ datagram, from: to, to: from })
    await expectUnharmed(h, peer)
  })

  it('truncated, lengthened and altered datagrams', async () => {
    const h = new Harness()
    const { peer, recorded } = await conversation(h)
    // Sealed again, not yet seen: what the replay window would not have caught.
    h.network.tap = (passing) => {
      recorded.push({ ...passing, datagram: Buffer.from(passing.datagram) })
      return passing.to !== SERVER
    }
    const held = peer.client.request(Buffer.from('held'))
    h.network.tap = () => true
    for (const passing of recorded) {
      const { datagram } = passing
      for (let at = 0; at < Math.min(datagram.length, 130); at++) {
        h.network.inject({ ...passing, datagram: datagram.subarray(0, at) })
        const altered = Buffer.from(datagram)
        altered[at] = (altered[at] ?? 0) ^ (1 << h.random.below(8))
        h.network.inject({ ...passing, datagram: altered })
      }
      h.network.inject({ ...passing, datagram: Buffer.concat([datagram, Buffer.alloc(1)]) })
    }
    expect(h.requests).toHaveLength(20)
    expect((await h.until(held)).toString()).toBe('re held')
    h.requests.pop()
    await expectUnharmed(h, peer)
  })

  it("another peer's datagrams under this one's index", async () => {
    const h = new Harness()
    const { peer, recorded } = await conversation(h)
    const other = await h.connected({ host: '10.0.0.3', port: 1 })
    h.opened.pop()
    const victim = recorded.find(({ datagram, to }) => datagram[0] === DatagramType.Data && to === SERVER)
    h.network.tap = ({ datagram, to }) => {
      if (to !== SERVER || datagram[0] !== DatagramType.Data) return true
      const readdressed = Buffer.from(datagram)
      victim?.datagram.copy(readdressed, 4, 4, 8)
      h.network.inject({ datagram: readdressed, from: PEER, to: SERVER })
      return false
    }
    const asked = failure(other.client.request(Buffer.from('evil'), { deadline: 1000 }))
    await h.clock.advance(1500)
    expect(await asked).toMatchObject({ code: 'INDEX_UNREACHABLE' })
    h.network.tap = () => true
    await expectUnharmed(h, peer)
  })

  it('spoofed cookies, responses, refusals, resets and closes', async () => {
    const h = new Harness()
    const { peer, recorded } = await conversation(h)
    const toPeer = recorded.find(({ datagram, to }) => datagram[0] === DatagramType.Data && to === PEER)
    const toIndex = recorded.find(({ datagram, to }) => datagram[0] === DatagramType.Data && to === SERVER)
    const mine = toPeer?.datagram.readUInt32BE(4) ?? 0
    const theirs = toIndex?.datagram.readUInt32BE(4) ?? 0
    for (const index of [mine, theirs, 0, 1]) {
      for (const to of [PEER, SERVER]) {
        const from = to === PEER ? SERVER : PEER
        const spoof = (datagram: Buffer): void => h.network.inject({ datagram, from, to })
        spoof(encodeIndexed(DatagramType.Cookie, index, h.random.bytes(16)))
        spoof(encodeIndexed(DatagramType.Response, index, h.random.bytes(100)))
        spoof(encodeIndexed(DatagramType.Finish, index, h.random.bytes(68)))
        spoof(encodeIndexed(DatagramType.Reset, index, h.random.bytes(16)))
        spoof(encodeRefused(RefusedReason.Version, 0, h.random.bytes(36)))
        const close = Buffer.alloc(40)
        close[0] = DatagramType.Data
        close.writeUInt32BE(index, 4)
        close[15] = 200
        close[16] = FrameKind.Close
        spoof(close)
      }
    }
    await expectUnharmed(h, peer)
  })

  it('a handshake of somebody else: forged answers do not end it', async () => {
    const h = new Harness()
    h.network.tap = ({ datagram, from, to }) => {
      if (datagram[0] === DatagramType.Hello || datagram[0] === DatagramType.Data) return true
      const forged = Buffer.from(datagram)
      forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1
      if (datagram[0] !== DatagramType.Cookie) h.network.inject({ datagram: forged, from, to })
      return true
    }
    const { client } = await h.connected()
    expect(client.state).toBe('open')
  })

  it("the wish to go on with another peer's channel", async () => {
    const h = new Harness()
    const { peer, recorded } = await conversation(h)
    const victim = recorded.find(({ datagram, to }) => datagram[0] === DatagramType.Data && to === SERVER)
    const handshake = await cookieRound(h, STRANGER, victim?.datagram.readUInt32BE(4) ?? 0)
    h.network.inject({ datagram: handshake.datagram, from: STRANGER, to: SERVER })
    expect(h.opened).toHaveLength(2)
    expect(h.opened[1]?.remoteStaticKey).not.toEqual(h.opened[0]?.remoteStaticKey)
    h.opened.pop()
    await expectUnharmed(h, peer)
  })

  it('a key of small order', async () => {
    const h = new Harness()
    const { handshake, answers } = respond(h, STRANGER)
    const hello = Buffer.from(handshake.datagram)
    hello.fill(0, 4, 36)
    h.network.inject({ datagram: hello, from: STRANGER, to: SERVER })
    await h.clock.advance(2)
    decodeIndexed(answers.pop() ?? Buffer.alloc(0))?.body.copy(hello, 40)
    h.network.inject({ datagram: hello, from: STRANGER, to: SERVER })
    await h.clock.advance(2)
    expect(answers).toEqual([])
    expect(h.server.pressure.halfOpen).toBe(0)
  })

  it('an index that took the place of the true one', async () => {
    const h = new Harness()
    const { client, states } = await h.connected()
    Object.assign(h, { serverKey: generateKeyPair(h.random) })
    h.startServer()
    const asked = failure(client.request(Buffer.from('password')))
    await h.clock.advance(20_000)
    expect(await asked).toMatchObject({ code: 'SERVER_KEY_CHANGED' })
    expect(states.at(-1)).toMatchObject({ state: 'idle', detail: { error: { code: 'SERVER_KEY_CHANGED' } } })
    expect(h.requests).toEqual([])
  })
})

describe('a flood', () => {
  const address = (i: number): Address => ({
    host: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`,
    port: 9,
  })

  it('of hellos from 10,000 addresses leaves nothing behind and is not amplified', async () => {
    const h = new Harness()
    let received = 0
    let sent = 0
    h.network.tap = ({ datagram }) => {
      sent += datagram.length
      return false
    }
    const { handshake } = respond(h, STRANGER)
    for (let i = 0; i < 10_000; i++) {
      const datagram = Buffer.from(handshake.datagram)
      datagram[1] = i % 10 === 0 ? 77 : 1
      datagram.fill(h.random.below(256), 40, 56)
      received += datagram.length
      h.network.inject({ datagram, from: address(i), to: SERVER })
    }
    expect(h.server.pressure).toEqual({ halfOpen: 0, limitedAddresses: 0 })
    expect(sent).toBeLessThan(received / 20)
    h.server.close()
    expect(h.clock.timers).toBe(0)
  })

  it('of anything from unproven addresses is never answered with more bytes', () => {
    const h = new Harness()
    let sent = 0
    h.network.tap = ({ datagram }) => {
      sent += datagram.length
      return false
    }
    for (let i = 0; i < 5000; i++) {
      const datagram = h.random.bytes(h.random.below(1300))
      if (datagram.length > 0) datagram[0] = 0x80 + h.random.below(8)
      sent = 0
      h.network.inject({ datagram, from: address(i), to: SERVER })
      expect(sent).toBeLessThanOrEqual(datagram.length)
    }
  })

  it('of proven addresses fills bounded tables, tells each to wait, and an honest peer gets in', async () => {
    const h = new Harness({ server: { handshakes: { totalPerSecond: 1500 } } })
    const { handshake, answers } = respond(h, STRANGER)
    const receive = { message: (datagram: Buffer) => answers.push(datagram), error: (): void => {} }
    for (let i = 0; i < 10_000; i++) {
      const from = address(i)
      h.network.socket(from).receive(receive)
      h.network.inject({ datagram: handshake.datagram, from, to: SERVER })
    }
    await h.clock.advance(2)
    for (const [i, answer] of answers.splice(0).entries()) {
      const datagram = Buffer.from(handshake.datagram)
      decodeIndexed(answer)?.body.copy(datagram, 40)
      h.network.inject({ datagram, from: address(i), to: SERVER })
    }
    await h.clock.advance(2)
    expect(h.server.pressure).toEqual({ halfOpen: MAX_HALF_OPEN, limitedAddresses: MAX_LIMITED_ADDRESSES })
    expect(h.limited.length).toBeGreaterThan(8000)
    expect(answers.filter((answer) => answer[0] === DatagramType.Refused)).toHaveLength(h.limited.length)
    expect((await h.connected()).client.state).toBe('open')
    await h.clock.advance(20_000)
    expect(h.server.pressure.halfOpen).toBe(0)
  }, 30_000)

  it('of peers finds a bounded number of channels', async () => {
    const h = new Harness({ server: { maxChannels: 3 } })
    const known = await h.connected(address(0))
    for (let i = 1; i < 3; i++) await h.connected(address(i))
    const { client } = h.peer(address(9))
    const refused = await failure(h.until(client.connect({ deadline: 2000 })))
    expect(refused).toMatchObject({ code: 'INDEX_FULL', retryable: true, retryAfter: 10_000 })
    expect(h.server.size).toBe(3)
    // One that is there already gets new keys all the same.
    h.network.tap = () => false
    const patient = known.client.request(Buffer.from('x'), { deadline: 60_000 })
    await h.clock.advance(10_000)
    h.network.tap = () => true
    await h.until(patient)
    await h.clock.advance(30_000)
    expect(known.states.at(-1)).toMatchObject({ state: 'open', detail: { resumed: true } })
  })
})

describe('a forged refusal', () => {
  const versionRefused = (hello: Buffer): Buffer => {
    const refused = encodeRefused(RefusedReason.Version, 0, hello.subarray(4, 40))
    refused.fill(9, 2, 4)
    return refused
  }

  /** Answers each hello of the peer before the index can. */
  function forge(h: Harness): { count: number } {
    const forged = { count: 0 }
    h.network.tap = ({ datagram, from }) => {
      if (datagram[0] === DatagramType.Hello) {
        forged.count++
        const forgery = { datagram: versionRefused(datagram), from: SERVER, to: from }
        h.clock.setTimeout(() => h.network.inject(forgery), 0)
      }
      return true
    }
    return forged
  }

  it('of a renewal leaves the channel open, and the renewal is tried again', async () => {
    const h = new Harness({ server: { idleTimeout: 2 * RENEW_AFTER_MS } })
    const { client, states } = await h.connected()
    const keys = h.opened[0]?.keys
    const forged = forge(h)
    await h.clock.advance(RENEW_AFTER_MS)
    expect(forged.count).toBeGreaterThan(0)
    expect(states.map(({ state }) => state)).toEqual(['connecting', 'open'])
    expect((await h.until(client.request(Buffer.from('still')))).toString()).toBe('re still')
    expect(h.opened[0]?.keys).toBe(keys)
    h.network.tap = () => true
    await h.clock.advance(RENEW_RETRY_MS + 1000)
    expect(h.opened[0]?.keys).not.toBe(keys)
  })

  it('does not stop a peer that looks for its index', async () => {
    const h = new Harness()
    const { client, states } = await h.connected()
    const forged = forge(h)
    h.server.close()
    h.startServer()
    await h.clock.advance(5000)
    expect(forged.count).toBeGreaterThan(0)
    expect(client.state).toBe('reconnecting')
    h.network.tap = () => true
    await h.clock.advance(60_000)
    expect(client.state).toBe('open')
    expect(states.map(({ state }) => state)).not.toContain('idle')
  })
})

it("a reset token that a stranger has asked for beforehand ends nobody else's channel", async () => {
  const h = new Harness()
  const received: Buffer[] = []
  const stranger = h.network.socket(STRANGER)
  stranger.receive({ message: (datagram) => received.push(datagram), error: () => {} })
  const ask = (index: number): void => {
    const data = Buffer.alloc(48)
    data[0] = DatagramType.Data
    data.writeUInt32BE(index, 4)
    stranger.send(data, SERVER)
  }
  // The stranger asks about the number that the channel has had, which is free now, and will have again.
  const { client, states } = await h.connected()
  const index = h.opened[0]?.keys.localIndex ?? 0
  const lost = h.server
  lost.close()
  h.startServer()
  ask(index)
  await h.clock.advance(10)
  expect(received).toHaveLength(1)
  const token = received[0]?.subarray(8) ?? Buffer.alloc(0)
  const own = new ResetTokens(h.serverKey.secretKey).make(index, PEER)
  expect(token).toHaveLength(own.length)
  expect(token.equals(own)).toBe(false)
  expect(states.length).toBeGreaterThan(0)
  client.close()
})
