import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Peer } from '../../src/index.js'
import { Playground, programPath, type TestProcess } from '../helpers/processes.js'

const server = (playground: Playground, ...args: string[]): TestProcess =>
  playground.spawn('index', process.execPath, [programPath('bittrickle-server'), ...args])

async function run(
  playground: Playground,
  ...args: string[]
): Promise<{ readonly code: number | null; readonly lines: readonly string[] }> {
  const program = server(playground, ...args)
  return { code: await program.exited, lines: program.lines }
}

const peerOf = (playground: Playground, uri: string, username: string, password: string): Peer =>
  new Peer({ server: uri, username, password, shareDir: playground.folder, downloadDir: playground.folder })

/** The objects of a log. */
const objects = (program: TestProcess): Record<string, unknown>[] =>
  program.lines.map((line) => JSON.parse(line))

describe('--check-config', () => {
  it('says what would run, changes nothing, and finds every fault', async () => {
    await using playground = await Playground.create()
    await writeFile(playground.path('server.json'), JSON.stringify({ port: 0, data: 'data', metrics: 9331 }))
    const fine = await run(playground, '--config', 'server.json', '--check-config', '--host', '127.0.0.1')
    expect(fine.code).toBe(0)
    const said = fine.lines.join('\n')
    expect(said).toMatch(/port +0 \(server\.json\)/)
    expect(said).toMatch(/host +127\.0\.0\.1 \(command line\)/)
    expect(said).toMatch(/metrics +127\.0\.0\.1:9331 \(server\.json\)/)
    expect(said).toMatch(/data folder .* would be made/)
    await expect(stat(playground.path('data'))).rejects.toMatchObject({ code: 'ENOENT' })

    await writeFile(playground.path('credentials.txt'), 'hans\nyoda wise@!man\nvader a b c\n')
    await writeFile(
      playground.path('server.json'),
      JSON.stringify({ port: '1', bogus: true, data: 'credentials.txt' }),
    )
    const broken = await run(playground, '--config', 'server.json', '--check-config')
    expect(broken.code).toBe(2)
    const faults = broken.lines.filter((line) => line.startsWith('Fault: ')).join('\n')
    for (const fault of [
      'server.json: port must be a whole number from 0 to 65535; received "1".',
      'server.json: there is no setting "bogus"',
      'Line 1 of "credentials.txt" has 1 word(s)',
      'Line 3 of "credentials.txt" has 4 word(s)',
      'it is no folder',
    ]) {
      expect(faults).toContain(fault)
    }
    const json = await run(playground, '--config', 'server.json', '--check-config', '--json')
    expect(json.code).toBe(2)
    expect(JSON.parse(json.lines.join('\n'))).toMatchObject({ ok: false, settings: { port: 5331 } })
    expect(JSON.parse(json.lines.join('\n')).faults).toHaveLength(5)
    // What cannot be checked does not run either.
    const start = await run(playground, '--config', 'server.json')
    expect(start).toMatchObject({
      code: 2,
      lines: expect.arrayContaining([expect.stringContaining('"bogus"')]),
    })
  })

  it('may be asked while the index runs', async () => {
    await using playground = await Playground.create()
    const { program } = await playground.index('--data', 'data')
    const { code, lines } = await run(playground, '--check-config', '--data', 'data')
    expect(code).toBe(0)
    expect(lines.join('\n')).toMatch(/open in another process: an index that runs/)
    expect(await program.stop()).toBe(0)
  })
})

describe('SIGHUP', () => {
  it('takes accounts, limits and the log anew, begins another audit trail, and keeps the old where the new is broken', async () => {
    await using playground = await Playground.create()
    const config = playground.path('server.json')
    const settings = { port: 0, host: '127.0.0.1', data: 'data', audit: 'audit.ndjson', json: true }
    await writeFile(config, JSON.stringify(settings))
    const program = server(playground, '--config', config)
    const [, uri = ''] = await program.line(/"uri":"([^"]+)"/)
    const hangUp = () => process.kill(program.pid, 'SIGHUP')

    await using hans = peerOf(playground, uri, 'hans', 'falcon*solo')
    await hans.login()
    await rename(playground.path('audit.ndjson'), playground.path('audit.1'))
    await writeFile(playground.path('credentials.txt'), 'hans falcon*solo\nluke jedi\n')
    await writeFile(
      config,
      JSON.stringify({ ...settings, host: '::1', logLevel: 'debug', limits: { sessions: 2 } }),
    )
    hangUp()
    await program.line(/"setting":"host","now":"127\.0\.0\.1","wanted":"::1"/)
    await program.line(/"event":"reloaded".*"changed":"logLevel limits"/)
    await program.line(/"level":"debug","event":"heartbeat"/)
    await using luke = peerOf(playground, uri, 'luke', 'jedi')
    await luke.login()
    const old = (await readFile(playground.path('audit.1'), 'utf8')).trim().split('\n')
    expect(JSON.parse(old.at(-1) ?? '')).toMatchObject({ type: 'end' })

    await writeFile(config, '{')
    hangUp()
    await program.line(
      /"event":"the new configuration is not taken; the old one goes on","why":".*is no JSON/,
    )
    await writeFile(config, JSON.stringify(settings))
    await writeFile(playground.path('credentials.txt'), 'broken\n')
    hangUp()
    await program.line(/"why":"Line 1 of .*credentials\.txt.* has 1 word\(s\)/)
    expect(await hans.peers()).toHaveLength(1)

    await Promise.all([hans.close(), luke.close()])
    expect(await program.stop()).toBe(0)
    const verified = await run(playground, 'audit', 'verify', 'audit.1')
    const [, head] = /head ([0-9a-f]{64})/.exec(verified.lines.join('\n')) ?? []
    const [begin = ''] = (await readFile(playground.path('audit.ndjson'), 'utf8')).split('\n')
    expect(JSON.parse(begin)).toMatchObject({ type: 'begin', follows: head })
    expect(objects(program).at(-1)).toMatchObject({ level: 'info', event: 'closed' })
  })
})

describe('SIGTERM', () => {
  it('while a peer publishes loses nothing that was acknowledged, and ends with 0', async () => {
    await using playground = await Playground.create()
    const { program, port, uri } = await playground.index('--data', 'data', '--audit', 'audit.ndjson')
    await mkdir(playground.path('many'))
    const names = Array.from({ length: 400 }, (_, n) => `many/${n}.txt`)
    await Promise.all(names.map((name) => writeFile(playground.path(name), name)))
    const acknowledged: string[] = []
    {
      await using hans = peerOf(playground, uri, 'hans', 'falcon*solo')
      await hans.login()
      let stopping: Promise<number | null> | undefined
      const offline = new Promise<void>((resolve) => hans.on('offline', () => resolve()))
      const publishing = names.map(async (name) => {
        await hans.publish(name)
        acknowledged.push(name)
        if (acknowledged.length === 40) stopping = program.stop()
      })
      const all = Promise.allSettled(publishing)
      // It is told that the index has gone, rather than finding out by silence.
      await offline
      await hans.close()
      await all
      expect(await stopping).toBe(0)
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(40)
    expect(acknowledged.length).toBeLessThan(names.length)
    const lines = (await readFile(playground.path('audit.ndjson'), 'utf8')).trim().split('\n')
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'end' })

    const second = await playground.index(port, '--data', 'data')
    await using yoda = peerOf(playground, second.uri, 'yoda', 'wise@!man')
    await yoda.login()
    const found: string[] = []
    for await (const hit of yoda.search('', { prefix: 'many/', includeOffline: true })) found.push(hit.name)
    expect(found).toEqual(expect.arrayContaining(acknowledged))
    const published = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'publish')
    expect(published.map(({ name }) => name).sort()).toEqual(found.sort())
  })
})

describe('--metrics', () => {
  it('serves figures and health over HTTP until the index has ended', async () => {
    await using playground = await Playground.create()
    const program = server(playground, '0', '--host', '127.0.0.1', '--metrics', '0')
    const [, url = ''] = await program.line(/^Figures are at (http:\/\/127\.0\.0\.1:\d+)\/metrics$/)
    const [, uri = ''] = await program.line(/listens at (\S+)/)
    const get = async (path: string) => {
      const response = await fetch(`${url}${path}`, { headers: { connection: 'close' } })
      return { status: response.status, text: await response.text() }
    }
    expect(await get('/healthz')).toEqual({ status: 200, text: 'ok\n' })
    await writeFile(playground.path('a.txt'), 'a')
    await using hans = peerOf(playground, uri, 'hans', 'falcon*solo')
    await hans.login()
    await hans.publish('a.txt')
    await using stranger = peerOf(playground, uri, 'hans', 'wrong')
    await expect(stranger.login()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    const { text } = await get('/metrics')
    expect(text).toMatch(/^bittrickle_sessions 1$/m)
    expect(text).toMatch(/^bittrickle_requests_total\{request="publish",outcome="ok"\} 1$/m)
    expect(text).toMatch(/^bittrickle_login_failures_total\{reason="credentials"\} 1$/m)
    // The publish, and the look of /healthz.
    expect(text).toMatch(/^bittrickle_store_commit_seconds_count 2$/m)
    expect(text).toMatch(/^bittrickle_store_writes_total 1$/m)
    expect(text).not.toContain('hans')
    await hans.close()
    expect(await program.stop()).toBe(0)
    await expect(fetch(url)).rejects.toThrow()
  })
})

describe('what hinders the start is a sentence', () => {
  it.each<[string, string[], RegExp, number]>([
    [
      'a port that is taken',
      ['TAKEN'],
      /^UDP port \d+ of 127\.0\.0\.1 is taken by another program.*choose another port/,
      6,
    ],
    [
      'a data folder of another index',
      ['0', '--data', 'data'],
      /catalogue .* is open in another process; stop that one first/,
      1,
    ],
    [
      'no credentials file',
      ['0', '--credentials', 'none'],
      /There is no credentials file "none"; "bittrickle-server user add/,
      1,
    ],
    [
      'a port of figures that is taken',
      ['0', '--metrics', 'TAKEN-TCP'],
      /^TCP port \d+ of 127\.0\.0\.1 is taken.*--metrics/,
      6,
    ],
    ['an address of another machine', ['0', '--host', '192.0.2.1'], /this machine has no such address/, 2],
    ['no such level', ['--log-level', 'loud'], /Allowed choices are debug, info, warn, error/, 2],
  ])('%s', async (_what, args, said, code) => {
    await using playground = await Playground.create()
    const { port } = await playground.index('--data', 'data')
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port: tcp } = other.address() as { port: number }
    const values: Record<string, string> = { TAKEN: port, 'TAKEN-TCP': `127.0.0.1:${tcp}` }
    const real = args.map((arg) => values[arg] ?? arg)
    const host = args.includes('--host') ? [] : ['--host', '127.0.0.1']
    const ended = await run(playground, ...real, ...host)
    await new Promise((resolve) => other.close(resolve))
    expect(
      ended.lines.some((line) => said.test(line)),
      ended.lines.join('\n'),
    ).toBe(true)
    expect(ended.lines.join('\n')).not.toMatch(/^ +at /m)
    expect(ended.code).toBe(code)
  })
})
