import { chmod, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DoctorOptions, doctor } from '../../../src/cli/doctor/doctor.js'
import { checkFolder, checkParts } from '../../../src/cli/doctor/folders.js'
import { checkListener, checkNat } from '../../../src/cli/doctor/listener.js'
import { checkClock, checkFileLimit, checkVersions } from '../../../src/cli/doctor/system.js'
import { IndexServer, KnownServers, Peer } from '../../../src/index.js'

let folder: string
let index: IndexServer
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
  await mkdir(join(folder, 'share'))
  await mkdir(join(folder, 'download'))
  index = new IndexServer({
    host: '127.0.0.1',
    port: 0,
    credentials: (_user, password) => password === 'right',
  })
  await index.listen()
})
afterEach(async () => {
  await index.close()
  await rm(folder, { recursive: true })
})

interface Line {
  readonly check: string
  readonly status: string
  readonly message: string
  readonly advice?: string
}

async function examine(
  options: Partial<DoctorOptions> = {},
): Promise<{ code: number; of: (check: string) => Line | undefined; lines: Line[] }> {
  const out = new PassThrough()
  const code = await doctor(
    {
      server: index.uri,
      shareDir: join(folder, 'share'),
      downloadDir: join(folder, 'download'),
      stateDir: join(folder, 'state'),
      timeout: 500,
      ...options,
    },
    { out, json: true },
  )
  const lines: Line[] = String(out.read())
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
  return { code, of: (check) => lines.find((line) => line.check === check), lines }
}

describe('doctor', () => {
  it('finds nothing where all is well, and leaves nothing behind', async () => {
    const { code, lines, of } = await examine({ username: 'hans', password: 'right' })
    expect(lines.filter(({ status }) => status === 'failure')).toEqual([])
    expect(code).toBe(0)
    expect(lines.map(({ check }) => check)).toEqual([
      'versions',
      'clock',
      'open files',
      'share folder',
      'download folder',
      'unfinished downloads',
      'state folder',
      'listener',
      'index',
      'key',
      'address translation',
      'login',
    ])
    expect(of('index')?.message).toMatch(
      /answers at 127\.0\.0\.1 port \d+.*handshake of three round trips took [\d.]+ ms/,
    )
    expect(of('login')?.message).toMatch(
      /^hans is logged in; index and peer speak version 1 of the protocol; 0 other peer/,
    )
    expect(await readdir(folder, { recursive: true })).toEqual(expect.arrayContaining(['share', 'download']))
    expect(await readdir(folder, { recursive: true })).toHaveLength(2)
    expect(index.peers()).toEqual([])
  })

  it('is for people, too', async () => {
    const out = new PassThrough()
    await doctor(
      { server: index.uri, shareDir: join(folder, 'none'), downloadDir: join(folder, 'download') },
      { out },
    )
    const text = String(out.read())
    expect(text).toMatch(/^ok {7}versions: bittrickle \d/m)
    expect(text).toMatch(
      /^FAILURE {2}share folder: .*none is not there\.\n {9}Make it, or name another one\.$/m,
    )
  })

  it('ends with 6 where the index does not answer, and says what to look at', async () => {
    await index.close()
    const { code, of } = await examine({ username: 'hans', password: 'right' })
    expect(code).toBe(6)
    expect(of('index')).toMatchObject({
      status: 'failure',
      message: expect.stringMatching(/^No answer from the index/),
    })
    expect(of('index')?.advice).toMatch(/firewalls on both sides let UDP through/)
    expect(of('login')).toBeUndefined()
  })

  it('ends with 6 where its name leads nowhere', async () => {
    const { code, of } = await examine({ server: 'no-such-host.invalid' })
    expect(code).toBe(6)
    expect(of('index')?.message).toMatch(/^The name of the index leads nowhere/)
  })

  it('ends with 3 where the account is refused', async () => {
    const { code, of } = await examine({ username: 'hans', password: 'wrong' })
    expect(code).toBe(3)
    expect(of('login')).toMatchObject({ status: 'failure', message: 'Unknown user name or wrong password.' })
  })

  it('ends with 1 for what is neither, and with the first failure where there are several', async () => {
    expect(await examine({ shareDir: join(folder, 'none') })).toMatchObject({ code: 1 })
    expect(
      await examine({ shareDir: join(folder, 'none'), username: 'hans', password: 'wrong' }),
    ).toMatchObject({ code: 1 })
    expect(await examine({ server: 'two words' })).toMatchObject({ code: 1 })
  })

  it('tells a key that was met before, one that is new, and one that has changed, and remembers none', async () => {
    const { host, port } = index.address
    const server = `${host}:${port}`
    expect((await examine({ server })).of('key')).toMatchObject({ status: 'warning' })
    expect((await examine({ server })).of('key')?.message).toMatch(/was not met before/)
    const known = new KnownServers(join(folder, 'state'))
    const key = Buffer.from(index.uri.split('key=')[1] ?? '', 'base64url')
    await known.remember(server, key)
    expect((await examine({ server })).of('key')).toMatchObject({ status: 'ok' })
    await known.remember(server, Buffer.alloc(32, 9))
    const { code, of } = await examine({ server, username: 'hans', password: 'right' })
    expect(code).toBe(3)
    expect(of('key')?.message).toMatch(/IS NOT THE ONE THAT IS KNOWN/)
    expect(of('login')).toBeUndefined()
  })

  it('does not disturb the peer of the same user that runs', async () => {
    const stateDir = join(folder, 'state')
    await using peer = new Peer({
      server: index.uri,
      username: 'hans',
      password: 'right',
      stateDir,
      shareDir: folder,
    })
    await peer.login()
    const lost: unknown[] = []
    peer.on('offline', (reason) => lost.push(reason))
    const { code, of } = await examine({ username: 'hans', password: 'right' })
    expect(code).toBe(0)
    expect(of('login')?.message).toMatch(/password of hans is right; the user is logged in elsewhere/)
    expect(await peer.peers()).toEqual([])
    expect(lost).toEqual([])
  })
})

describe('the listener', () => {
  it('that is taken is told', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as { port: number }
    expect(await checkListener({ host: '127.0.0.1', port })).toMatchObject({
      status: 'failure',
      exitCode: 6,
      message: expect.stringContaining(`TCP port ${port} of 127.0.0.1 is taken`),
    })
    await new Promise((resolve) => other.close(resolve))
    expect(await checkListener({ host: '127.0.0.1', port })).toMatchObject({
      status: 'ok',
      message: expect.stringContaining('cannot be seen from here'),
    })
  })

  it('that an own address does not lead to is told', async () => {
    // It listens on IPv4 alone; the other address of loopback is as if a firewall stood before it.
    expect(await checkListener({ host: '0.0.0.0', port: 0 }, ['127.0.0.1', '::1'])).toMatchObject({
      status: 'warning',
      message: expect.stringMatching(/does not reach it at its own address ::1/),
    })
    expect(await checkListener({ host: '192.0.2.1', port: 0 })).toMatchObject({ status: 'failure' })
  })

  it.each([
    ['192.168.1.2', ['192.168.1.7'], 'ok'],
    ['198.51.100.1', ['192.168.1.7', '203.0.113.4'], 'ok'],
    ['198.51.100.1', ['192.168.1.7', '10.0.0.1', '172.31.0.1', '100.64.0.1', '2001:db8::1'], 'warning'],
    ['198.51.100.1', [], 'warning'],
    ['2001:db8::9', ['192.168.1.7', '2001:db8::1'], 'ok'],
    ['2001:db8::9', ['fd00::1', '203.0.113.4'], 'warning'],
    ['172.32.0.1', ['172.32.0.2'], 'ok'],
  ] as const)('with an index at %s and own addresses %j: %s', (at, own, status) => {
    expect(checkNat(at, [...own])).toMatchObject({ check: 'address translation', status })
  })
})

describe('the system', () => {
  it('has a Node.js that is new enough', () => {
    expect(checkVersions()).toMatchObject({ status: 'ok' })
    expect(checkVersions('20.18.9')).toMatchObject({ status: 'failure' })
    expect(checkVersions('20.19.0')).toMatchObject({ status: 'ok' })
    expect(checkVersions('100.0.0')).toMatchObject({ status: 'ok' })
  })

  it('has a clock that can be right', () => {
    expect(checkClock(Date.UTC(2030, 0, 1))).toMatchObject({ status: 'ok' })
    expect(checkClock(0)).toMatchObject({ status: 'failure', message: expect.stringContaining('1970-01-01') })
  })

  it.each([
    ['1024\n', 'ok'],
    ['256\n', 'warning'],
    ['unlimited\n', 'ok'],
    ['', 'ok'],
  ])('with a limit of %j on open files: %s', async (text, status) => {
    expect(await checkFileLimit(async () => text)).toMatchObject({ status })
  })

  it('need not tell its limits', async () => {
    const fail = async (): Promise<string> => {
      throw new Error('no shell')
    }
    expect(await checkFileLimit(fail)).toMatchObject({ status: 'ok' })
    expect((await checkFileLimit()).message).toMatch(/\d+ files|no limit|does not tell/)
  })
})

describe('folders', () => {
  it('that cannot be written to are told', async () => {
    // Root may write wherever the system lets anybody.
    const isRoot = process.getuid?.() === 0
    const path = isRoot ? '/proc' : join(folder, 'download')
    if (!isRoot) await chmod(path, 0o500)
    expect(await checkFolder({ use: 'download', path })).toContainEqual(
      expect.objectContaining({
        status: 'failure',
        message: expect.stringContaining('Nothing can be written to'),
      }),
    )
  })

  it('on which names are not kept as they are, are told', async () => {
    const path = join(folder, 'download')
    const names = { exists: async () => true, list: async () => ['e? ?? ?'] }
    expect(await checkFolder({ use: 'download', path }, names)).toMatchObject([
      { status: 'ok' },
      { status: 'warning', message: expect.stringContaining('capitals do not count') },
      { status: 'warning', message: expect.stringContaining('letters of other alphabets') },
    ])
    // One that decomposes letters gives the same name back, to who compares as we do.
    const decomposed = { exists: async () => false, list: async () => ['é 文 🙂'.normalize('NFD')] }
    expect(await checkFolder({ use: 'download', path }, decomposed)).toMatchObject([{ status: 'ok' }])
  })

  it('that are files, and those that are not there yet, are told', async () => {
    await writeFile(join(folder, 'file'), '')
    expect(await checkFolder({ use: 'state', path: join(folder, 'file') })).toMatchObject([
      { status: 'failure', message: expect.stringContaining('is no folder') },
    ])
    expect(await checkFolder({ use: 'state', path: join(folder, 'a', 'b') })).toMatchObject([
      { status: 'ok', message: expect.stringContaining('is made when it is needed') },
    ])
  })

  it('unfinished downloads of long ago are counted, with what they take', async () => {
    const now = Date.now()
    const old = new Date(now - 30 * 86_400_000)
    const path = join(folder, 'download', 'talks')
    await mkdir(path)
    for (const name of ['old.mp4.part', 'new.mp4.part', 'old.mp4'])
      await writeFile(join(path, name), 'x'.repeat(8192))
    await utimes(join(path, 'old.mp4.part'), old, old)
    await utimes(join(path, 'old.mp4'), old, old)
    const finding = await checkParts(join(folder, 'download'), now)
    expect(finding).toMatchObject({
      status: 'warning',
      message: expect.stringMatching(/^1 in .*: talks\/old\.mp4\.part\.$/),
    })
    await rm(join(path, 'old.mp4.part'))
    expect(await checkParts(join(folder, 'download'), now)).toMatchObject({ status: 'ok' })
  })
})
