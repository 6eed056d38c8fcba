import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadKeyPair } from '../../src/channel/key-file.js'
import { generateKeyPair } from '../../src/channel/noise.js'
import { systemRandom } from '../../src/channel/random.js'
import { systemClock } from '../../src/clock.js'
import { BitTrickleError } from '../../src/errors.js'
import { KnownServers } from '../../src/peer/known-servers.js'
import { SealedIndexClient } from '../../src/peer/sealed-index-client.js'
import { verifyAudit } from '../../src/server/audit/verify-audit.js'
import { MemoryStore } from '../../src/server/catalogue/memory-store.js'
import type { CommitEvent } from '../../src/server/events.js'
import { IndexServer } from '../../src/server/index-server.js'
import type { IndexServerOptions } from '../../src/server/options.js'
import { TicketSigner } from '../../src/transfer/ticket.js'
import { ManualClock, settle } from '../helpers/manual-clock.js'

const open: IndexServer[] = []
let index: IndexServer
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
    expect(index.stats()).toMatchObject({ sessions: 1, channels: 0, publications: 0, waitingWrites: 0 })
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

  it('answers what it is working on before it closes, and takes nothing more', async () => {
    let admit: (isRight: boolean) => void = () => {}
    const users: string[] = []
    const asked = new Promise<void>((resolve) => {
      index = make({
        credentials: (username) => {
          users.push(username)
          resolve()
          return new Promise<boolean>((answer) => {
            admit = answer
          })
        },
      })
    })
    await index.listen()
    const socket = createSocket('udp4')
    const send = (text: string) => socket.send(text, index.address.port, '127.0.0.1')
    send('login hans pw 50001')
    await asked
    let isClosed = false
    const closing = index.close().then(() => {
      isClosed = true
    })
    await expect(index.checkHealth()).rejects.toMatchObject({ code: 'INVALID_STATE' })
    send('login yoda pw 50002')
    // Of another index that came later there is an answer: ours has had the time to take the second login.
    const other = make()
    await other.listen()
    await ask(other, 'login hans pw 50001')
    expect(isClosed).toBe(false)
    const answer = once(socket, 'message')
    admit(true)
    expect(String((await answer)[0])).toBe('Welcome to BitTrickle!')
    await closing
    expect(index.stats().requests).toEqual([{ request: 'login', outcome: 'ok', count: 1 }])
    expect(users).toEqual(['hans'])
    socket.close()
  })

  it('does not wait for ever for what is not answered', async () => {
    const clock = new ManualClock()
    const asked = new Promise<void>((resolve) => {
      index = make({
        clock,
        credentials: () => {
          resolve()
          return new Promise(() => {})
        },
      })
    })
    await index.listen()
    const socket = createSocket('udp4')
    socket.send('login hans pw 50001', index.address.port, '127.0.0.1')
    await asked
    socket.close()
    const closing = index.close()
    await settle()
    await clock.advance(5_000)
    await closing
  })

  it('counts what it is asked, and what goes over its socket', async () => {
    const index = make({ credentials: (username) => username === 'hans' })
    await index.listen()
    await ask(index, 'login hans pw 50001')
    await ask(index, 'login yoda pw 50001')
    await ask(index, 'login yoda pw 50001')
    await ask(index, 'lap hans')
    const { requests, datagrams } = index.stats()
    expect(requests).toEqual([
      { request: 'login', outcome: 'ok', count: 1 },
      { request: 'login', outcome: 'AUTHENTICATION_FAILED', count: 2 },
      { request: 'peers', outcome: 'NOT_LOGGED_IN', count: 1 },
    ])
    expect(datagrams).toMatchObject({ received: 4, receivedBytes: 3 * 19 + 8, sent: 4 })
    expect(datagrams.sentBytes).toBeGreaterThan(4 * 20)
  })

  it('is in order when it listens and its catalogue can be written', async () => {
    let failure: Error | undefined
    const store = Object.assign(new MemoryStore(), {
      probe: async () => {
        if (failure !== undefined) throw failure
      },
    })
    const index = make({ store })
    await expect(index.checkHealth()).rejects.toMatchObject({ code: 'INVALID_STATE' })
    await index.listen()
    await index.checkHealth()
    failure = new Error('full')
    await expect(index.checkHealth()).rejects.toBe(failure)
    await index.close()
    await expect(index.checkHealth()).rejects.toMatchObject({ code: 'INVALID_STATE' })
  })

  it('tells the commits of a store that tells them', async () => {
    let tell: (commit: CommitEvent) => void = () => {}
    const store = Object.assign(new MemoryStore(), {
      onCommit: (listener: typeof tell) => {
        tell = listener
      },
    })
    const index = make({ store })
    const commits: CommitEvent[] = []
    index.on('commit', (commit) => commits.push(commit))
    await index.listen()
    tell({ writes: 3, ms: 4 })
    expect(commits).toEqual([{ writes: 3, ms: 4 }])
  })

  describe('that is told to look again', () => {
    let folder: string
    let credentials: string
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
      credentials = join(folder, 'credentials.txt')
      await writeFile(credentials, 'hans falcon*solo\n')
    })
    afterEach(() => rm(folder, { recursive: true }))

    it('takes other accounts and other limits', async () => {
      // Its time stands still: it does not look by itself.
      const index = make({ credentials, clock: new ManualClock(), limits: { sessions: 1 } })
      await index.listen()
      expect(await ask(index, 'login hans falcon*solo 50001')).toMatch(/^Welcome/)
      const ended: string[] = []
      index.on('logout', ({ username, reason }) => ended.push(`${username} ${reason}`))
      await writeFile(credentials, 'yoda wise@!man\nvader sithlord**\n')
      await index.reload({ limits: { sessions: 2 } })
      expect(ended).toEqual(['hans account'])
      expect(await ask(index, 'login yoda wise@!man 50002')).toMatch(/^Welcome/)
      expect(await ask(index, 'login vader sithlord** 50003')).toMatch(/^Welcome/)
      await index.reload({ limits: { sessions: 1 } })
      expect(index.peers()).toHaveLength(2)
      await index.close()
      await expect(index.reload()).rejects.toMatchObject({ code: 'INVALID_STATE' })
    })

    it('goes on as before when one of them cannot be', async () => {
      const index = make({ credentials, clock: new ManualClock(), limits: { sessions: 1 } })
      await index.listen()
      await writeFile(credentials, 'yoda wise@!man\n')
      await expect(index.reload({ limits: { sessions: 0 } })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      })
      expect(await ask(index, 'login yoda wise@!man 50002')).toMatch(/^Authentication failed/)
      await writeFile(credentials, 'broken\n')
      await expect(index.reload({ limits: { sessions: 2 } })).rejects.toMatchObject({
        code: 'INVALID_CREDENTIALS_FILE',
      })
      expect(await ask(index, 'login hans falcon*solo 50001')).toMatch(/^Welcome/)
      expect(index.peers()).toHaveLength(1)
    })

    it('begins another audit trail where the old one was moved away', async () => {
      const audit = join(folder, 'audit.ndjson')
      const index = make({ audit })
      await index.listen()
      await expect.poll(() => readFile(audit, 'utf8')).toContain('begin')
      await rename(audit, `${audit}.1`)
      await index.reload()
      await ask(index, 'login hans pw 50001')
      await index.close()
      const { head } = await verifyAudit(`${audit}.1`)
      const text = await readFile(audit, 'utf8')
      expect(text).toContain(`"follows":"${head}"`)
      expect(text).toContain('"login"')
    })
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
