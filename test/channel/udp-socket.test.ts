import { afterEach, describe, expect, it } from 'vitest'
import {
  type Address,
  type DatagramSocket,
  formatAddress,
  isLoopback,
  normalizeHost,
} from '../../src/channel/datagram-socket.js'
import { openUdpSocket } from '../../src/channel/udp-socket.js'

const open: DatagramSocket[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((socket) => socket.close()))
})

async function bind(host: string): Promise<DatagramSocket> {
  const socket = await openUdpSocket({ host, port: 0 })
  open.push(socket)
  return socket
}

function next(socket: DatagramSocket): Promise<{ text: string; from: Address }> {
  return new Promise((resolve, reject) => {
    socket.receive({
      message: (datagram, from) => resolve({ text: datagram.toString(), from }),
      error: reject,
    })
  })
}

describe('a UDP socket', () => {
  it.each(['127.0.0.1', '::', '0.0.0.0'])('bound to %s exchanges datagrams with IPv4', async (host) => {
    const [socket, other] = [await bind(host), await bind('127.0.0.1')]
    const there = next(socket)
    other.send(Buffer.from('ping'), { host: '127.0.0.1', port: socket.address.port })
    const { text, from } = await there
    expect({ text, from }).toEqual({ text: 'ping', from: other.address })
    const back = next(other)
    socket.send(Buffer.from('pong'), from)
    expect(await back).toMatchObject({ text: 'pong', from: { host: '127.0.0.1' } })
  })

  it('loses what cannot be sent, and survives it', async () => {
    const socket = await bind('127.0.0.1')
    const arrived = next(socket)
    socket.send(Buffer.alloc(70_000), socket.address)
    socket.send(Buffer.from('x'), { host: '203.0.113.1', port: 0 + 9 })
    socket.send(Buffer.from('small'), socket.address)
    expect((await arrived).text).toBe('small')
  })

  it('closes more than once, and sends nothing afterwards', async () => {
    const socket = await bind('127.0.0.1')
    await Promise.all([socket.close(), socket.close()])
    socket.send(Buffer.from('late'), { host: '127.0.0.1', port: 9 })
  })

  it('says when the address is not of this machine', async () => {
    await expect(openUdpSocket({ host: '203.0.113.1', port: 0 })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    })
  })
})

describe('addresses', () => {
  it('are written with brackets where needed', () => {
    expect(formatAddress({ host: '127.0.0.1', port: 1 })).toBe('127.0.0.1:1')
    expect(formatAddress({ host: '::1', port: 1 })).toBe('[::1]:1')
  })

  it.each([
    ['127.0.0.1', true],
    ['127.255.0.9', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['128.0.0.1', false],
    ['::ffff:10.0.0.1', false],
    ['::2', false],
  ])('%s is loopback: %s', (host, expected) => expect(isLoopback(host)).toBe(expected))

  it('are IPv4 where they stand for IPv4', () => {
    expect(normalizeHost('::ffff:192.0.2.1')).toBe('192.0.2.1')
    expect(normalizeHost('::ffff:1')).toBe('::ffff:1')
  })
})
