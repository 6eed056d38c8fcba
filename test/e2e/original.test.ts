import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Playground, type TestProcess } from '../helpers/processes.js'

// Where there is no Python these cannot run; on CI there has to be one.
const cannotRun = process.env.CI === undefined && spawnSync('python3', ['--version']).status !== 0

function python(playground: Playground, script: 'client' | 'server', cwd: string, port: string): TestProcess {
  const path = fileURLToPath(new URL(`original/${script}.py`, import.meta.url))
  return playground.spawn(`${script}.py`, 'python3', ['-u', '-X', 'utf8', path, port], { cwd })
}

/** An original peer, with a folder of its own. */
async function originalPeer(playground: Playground, username: string, port: string): Promise<TestProcess> {
  await mkdir(playground.path(username), { recursive: true })
  return python(playground, 'client', playground.path(username), port)
}

async function originalIndex(playground: Playground): Promise<{ program: TestProcess; port: string }> {
  const program = python(playground, 'server', playground.folder, '0')
  const [, port = ''] = await program.line(/127\.0\.0\.1:(\d+)/)
  return { program, port }
}

function logIn(client: TestProcess, username: string, password: string, answer: RegExp) {
  client.type(username)
  return client.ask(password, answer)
}

async function expectEqualFiles(playground: Playground, name: string, bytes: Buffer): Promise<void> {
  for (const user of ['hans', 'yoda']) {
    expect((await readFile(playground.path(user, name))).equals(bytes)).toBe(true)
  }
}

describe.skipIf(cannotRun)('an original client', () => {
  it('uses our index, and exchanges files with our peer both ways', async () => {
    await using playground = await Playground.create()
    const { port, program } = await playground.index('--classic')
    const hans = await originalPeer(playground, 'hans', port)
    await logIn(hans, 'hans', 'wrong', /Authentication failed: .* \[AUTHENTICATION_FAILED\]$/)
    await logIn(hans, 'nobody', 'wrong', /Authentication failed: .* \[AUTHENTICATION_FAILED\]$/)
    await logIn(hans, 'hans', 'falcon*solo', /Welcome to BitTrickle!$/)
    const second = await originalPeer(playground, 'hans', port)
    await logIn(second, 'hans', 'falcon*solo', /Authentication failed: .* \[ALREADY_ACTIVE\]$/)

    await hans.ask('lap', /No active peers$/)
    await hans.ask('lpf', /No files published$/)
    await hans.ask('sch o', /No files found$/)
    await hans.ask('get of-yoda.bin', /Error: .* \[NOT_FOUND\]$/)
    const [ofHans, ofYoda] = [randomBytes(2_000_003), randomBytes(3_000_017)]
    await writeFile(playground.path('hans', 'of-hans.bin'), ofHans)
    await hans.ask('pub of-hans.bin', /OK published of-hans\.bin$/)
    await hans.ask('pub of-hans.bin', /OK of-hans\.bin was already published$/)
    await hans.ask('get of-hans.bin', /Error: .* \[OWN_PUBLICATION\]$/)
    await hans.ask('lpf', /1 file published:$/)
    await hans.line(/^of-hans\.bin$/)

    const yoda = await playground.logIn('yoda', port, ['--classic'])
    await yoda.ask('lap', /^1 active peer:$/)
    await yoda.line(/^hans$/)
    await yoda.ask('get of-hans.bin', /^Downloaded of-hans\.bin: 1\.9 MiB/)
    await expectEqualFiles(playground, 'of-hans.bin', ofHans)

    await writeFile(playground.path('yoda', 'of-yoda.bin'), ofYoda)
    await writeFile(playground.path('yoda', 'gone.txt'), 'x')
    await yoda.ask('pub of-yoda.bin', /^Published/)
    await yoda.ask('pub gone.txt', /^Published/)
    await hans.ask('lap', /1 active peer:$/)
    await hans.line(/^yoda$/)
    await hans.ask('sch of-', /1 file found:$/)
    await hans.line(/^of-yoda\.bin$/)
    await hans.ask('get of-yoda.bin', /downloaded/)
    await expectEqualFiles(playground, 'of-yoda.bin', ofYoda)

    // The text takes the place of the file, as the original has it; our peer must not suffer from it.
    await rm(playground.path('yoda', 'gone.txt'))
    await hans.ask('get gone.txt', /downloaded/)
    expect(await readFile(playground.path('hans', 'gone.txt'), 'utf8')).toBe('Error: File not found')
    await hans.ask('unp of-hans.bin', /OK unpublished of-hans\.bin$/)
    await hans.ask('unp of-hans.bin', /Error: .* \[NOT_PUBLISHED\]$/)
    await yoda.ask('xit', /^Goodbye!$/)
    expect(await yoda.exited).toBe(0)
    hans.type('xit')
    expect(await hans.exited).toBe(0)
    expect(await program.stop()).toBe(0)
  })

  it('stays active at our index by its heartbeats', async () => {
    await using playground = await Playground.create()
    const { port, program } = await playground.index('--classic', '--debug')
    const hans = await originalPeer(playground, 'hans', port)
    await logIn(hans, 'hans', 'falcon*solo', /Welcome to BitTrickle!$/)
    const yoda = await playground.logIn('yoda', port, ['--classic'])
    // The third comes 4 s after the login; an index forgets after 3.
    for (let beat = 0; beat < 3; beat += 1) await program.line(/hans +heartbeat → ok/)
    await yoda.ask('lap', /^hans$/)
    await hans.ask('lpf', /No files published$/)
  })
})

describe.skipIf(cannotRun)('an original index', () => {
  it('serves our peer, which exchanges files with an original one both ways', async () => {
    await using playground = await Playground.create()
    const { port } = await originalIndex(playground)
    const yoda = await playground.peer('yoda', port, { args: ['--classic'] })
    await yoda.line(/^User name:$/)
    await yoda.ask('yoda', /^Password:$/)
    await yoda.ask('wrong', /^Incorrect password\. Please try again/)
    await yoda.ask('nobody', /^Password:$/)
    await yoda.ask('wrong', /^Unknown username/)
    await yoda.ask('yoda', /^Password:$/)
    await yoda.ask('wise@!man', /^Welcome to BitTrickle!$/)
    const second = await playground.peer('yoda', port, {
      args: ['--classic'],
      env: { BITTRICKLE_USERNAME: 'yoda', BITTRICKLE_PASSWORD: 'wise@!man' },
    })
    await second.line(/^User is already active/)
    expect(await second.exited).toBe(3)

    await yoda.ask('lap', /^No active peers$/)
    await yoda.ask('lpf', /^No files published$/)
    await yoda.ask('sch o', /^No files found$/)
    await yoda.ask('get of-hans.bin', /^File 'of-hans\.bin' not found in published files/)
    const [ofHans, ofYoda] = [randomBytes(2_000_003), randomBytes(3_000_017)]
    await writeFile(playground.path('yoda', 'of-yoda.bin'), ofYoda)
    await writeFile(playground.path('yoda', 'error.log'), 'x')
    await yoda.ask('pub of-yoda.bin', /^Published of-yoda\.bin$/)
    await yoda.ask('pub of-yoda.bin', /^Published of-yoda\.bin$/)
    await yoda.ask('pub error.log', /^Published error\.log$/)
    await yoda.ask('lpf', /^2 files published:$/)
    await yoda.line(/^of-yoda\.bin$/)
    await yoda.line(/^error\.log$/)

    const hans = await originalPeer(playground, 'hans', port)
    await logIn(hans, 'hans', 'falcon*solo', /Welcome to BitTrickle!$/)
    await yoda.ask('lap', /^1 active peer:$/)
    await yoda.line(/^hans$/)
    await writeFile(playground.path('hans', 'of-hans.bin'), ofHans)
    await hans.ask('pub of-hans.bin', /File 'of-hans\.bin' published successfully\.$/)
    await yoda.ask('sch of-', /^1 file found:$/)
    await yoda.line(/^of-hans\.bin$/)
    await yoda.ask('get of-hans.bin', /^Downloaded of-hans\.bin: 1\.9 MiB/)
    await expectEqualFiles(playground, 'of-hans.bin', ofHans)

    await hans.ask('sch of-', /1 file\(s\) found:$/)
    await hans.line(/^of-yoda\.bin$/)
    await hans.ask('get of-yoda.bin', /downloaded/)
    await yoda.line(/^Sent of-yoda\.bin$/)
    await expectEqualFiles(playground, 'of-yoda.bin', ofYoda)
    await yoda.ask('unp error.log', /^Unpublished error\.log$/)
    await yoda.ask('unp error.log', /^File 'error\.log' unpublication failed/)
    await yoda.ask('xit', /^Goodbye!$/)
    expect(await yoda.exited).toBe(0)
  })
  it('keeps our peer active by its heartbeats', async () => {
    await using playground = await Playground.create()
    const { port, program } = await originalIndex(playground)
    await playground.logIn('yoda', port, ['--classic'])
    const hans = await originalPeer(playground, 'hans', port)
    // The second comes 4 s after the login; an index forgets after 3.
    for (let beat = 0; beat < 2; beat += 1) await program.line(/heartbeat yoda$/)
    await logIn(hans, 'hans', 'falcon*solo', /Welcome to BitTrickle!$/)
    await hans.ask('lap', /1 active peer\(s\):$/)
    await hans.line(/^yoda$/)
  })
})
