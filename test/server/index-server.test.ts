import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { loadKeyPair } from '../../src/channel/key-file.js'
import { generateKeyPair } from '../../src/channel/noise.js'
import { systemRandom } from '../../src/channel/random.js'
import { systemClock } from '../../src/clock.js'
import { BitTrickleError } from '../../src/errors.js'
import { KnownServers } from '../../src/peer/known-servers.js'
import { SealedIndexClient } from '../../src/peer/sealed-index-client.js'
import { IndexServer } from '../../src/server/index-server.js'
import type { IndexServerOptions } from '../../src/server/options.js'
import { TicketSigner } from '../../src/transfer/ticket.js'

const open: IndexServer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((index) => index.close()))
})

function make(options: IndexServerOptions = {}): IndexServer {
  const index = new IndexServer({
    host: '127.0.0.1',
    port: 0,
    classic: true,
    credentials: () => true,
    ...options,
  })
  open.push(index)
  return index
}

async function ask(index: IndexServer, text: string): Promise<string> {
  const socket = createSocket('udp4')
  socket.send(text, index.address.port, '127.0.0.1')
  const [datagram] = (await once(socket, 'message')) as [Buffer]
  socket.close()
  return datagram.toString()
}

describe('IndexServer', () => {
  it('answers on a real socket, and names itself', async () => {
    const index = make()
    await index.listen()
    expect(index.uri).toMatch(/^bittrickle:\/\/127\.0\.0\.1:\d+\?key=[\w-]{43}$/)
    expect(await ask(index, 'login hans pw 50001')).toBe('Welcome to BitTrickle!')
    expect(index.stats()).toEqual({ sessions: 1, channels: 0, publications: 0 })
    expect(index.peers()).toEqual([
      {
        username: 'hans',
        address: { host: '127.0.0.1', port: expect.any(Number) },
        loggedInAt: expect.any(Date),
      },
    ])
  })

  it('signs tickets by a key that follows from its own', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'bittrickle-'))
    const index = make({ dataDir })
    await index.listen()
    const client = new SealedIndexClient({
      server: index.address,
      deviceKey: async () => generateKeyPair(systemRandom),
      knownServers: new KnownServers(),
      clock: systemClock,
      events: { onLost: () => {}, onFound: () => {}, onRevoked: () => {} },
    })
    await client.open()
    const { reply } = await client.request({
      type: 'login',
      username: 'hans',
      password: 'pw',
      tcpPort: 50001,
    })
    await client.close()
    const { secretKey } = await loadKeyPair(join(dataDir, 'server.key'))
    expect(reply.ticketKey).toBe(new TicketSigner(secretKey).publicKey)
    await rm(dataDir, { recursive: true })
  })

  it('takes IPv4 on its default host, and shows it as IPv4', async () => {
    const index = make({ host: '::' })
    await index.listen()
    expect(await ask(index, 'login hans pw 50001')).toBe('Welcome to BitTrickle!')
    expect(index.peers()[0]?.address?.host).toBe('127.0.0.1')
    expect(index.uri).toContain(`bittrickle://localhost:${index.address.port}?key=`)
  })

  it('disconnects a user', async () => {
    const index = make()
    await index.listen()
    await ask(index, 'login hans pw 50001')
    const reasons: string[] = []
    index.on('logout', ({ reason }) => reasons.push(reason))
    index.disconnect('hans')
    index.disconnect('hans')
    expect(index.peers()).toEqual([])
    expect(reasons).toEqual(['disconnected'])
  })

  it('closes once, ends its sessions and frees the port', async () => {
    const index = make()
    await index.listen()
    await ask(index, 'login hans pw 50001')
    const seen: string[] = []
    index.on('logout', ({ reason }) => seen.push(reason))
    index.on('close', () => seen.push('close'))
    await Promise.all([index.close(), index.close()])
    await index.close()
    expect(seen).toEqual(['closed', 'close'])
    const next = make({ port: index.address.port })
    await next.listen()
  })

  it('can be closed before it listened, and does not begin again', async () => {
    const index = make()
    await index.close()
    expect(() => index.listen()).toThrow(expect.objectContaining({ code: 'INVALID_STATE' }))
    expect(() => index.address).toThrow(expect.objectContaining({ code: 'INVALID_STATE' }))
  })

  it('says when its port is taken', async () => {
    const first = make()
    await first.listen()
    await expect(make({ port: first.address.port }).listen()).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
    })
  })

  it('says when its credentials file is missing', async () => {
    await expect(make({ credentials: '/nonexistent/credentials.txt' }).listen()).rejects.toMatchObject({
      code: 'INVALID_CREDENTIALS_FILE',
    })
  })

  it('answers nothing in plain text unless told to', async () => {
    const index = make({ classic: false })
    await index.listen()
    const other = make()
    await other.listen()
    const socket = createSocket('udp4')
    socket.send('login hans pw 50001', index.address.port, '127.0.0.1')
    socket.send('login hans pw 50001', other.address.port, '127.0.0.1')
    const [, from] = (await once(socket, 'message')) as [Buffer, { port: number }]
    socket.close()
    expect(from.port).toBe(other.address.port)
    expect(index.stats().sessions).toBe(0)
  })

  it('does not start behind a file that is no audit trail of its own, and leaves the port free', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
    const audit = join(folder, 'audit.ndjson')
    await writeFile(audit, 'my diary\n')
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const { port } = socket.address()
    await new Promise<void>((resolve) => socket.close(resolve))
    const index = make({ audit, port })
    await expect(index.listen()).rejects.toMatchObject({ code: 'AUDIT_FOREIGN' })
    expect(await readFile(audit, 'utf8')).toBe('my diary\n')
    await make({ port }).listen()
    await rm(folder, { recursive: true })
  })

  it.each<[IndexServerOptions, string]>([
    [{ audit: '' }, 'audit must be the path of a file'],
    [{ audit: 'a\0b' }, 'audit must be the path of a file'],
    [{ host: 'localhost' }, 'host must be an IP address such as "127.0.0.1" or "::"; received "localhost"'],
    [{ port: 65_536 }, 'port must be a whole number from 0 to 65535; received 65536'],
    [{ port: 1.5 }, 'port must be a whole number from 0 to 65535; received 1.5'],
    [{ credentials: '' }, 'credentials must be the path of a file'],
    [{ heartbeat: { interval: 0 } }, 'heartbeat.interval must be at least 10 milliseconds; received 0'],
    [
      { heartbeat: { timeout: 2000 } },
      'heartbeat.timeout must be longer than the interval of 2000 ms; received 2000',
    ],
    [{ limits: { sessions: 0 } }, 'limits.sessions must be a whole number of at least 1; received 0'],
    [{ limits: { bogus: 1 } as never }, 'limits.bogus is not a limit'],
    [{ classic: 'yes' as never }, 'classic must be true, false or { allowRemote: boolean }; received "yes"'],
  ])('refuses the option %j', (options, message) => {
    const build = () => new IndexServer(options)
    expect(build).toThrow(BitTrickleError)
    expect(build).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(message) }),
    )
  })
})
