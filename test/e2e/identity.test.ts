import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { Playground, programPath, type TestProcess } from '../helpers/processes.js'

const HANS = { BITTRICKLE_USERNAME: 'hans', BITTRICKLE_PASSWORD: 'falcon*solo' }

async function run(
  playground: Playground,
  program: 'bittrickle' | 'bittrickle-server',
  args: readonly string[],
  { input = [] as string[], env = {} }: { input?: string[]; env?: Record<string, string> } = {},
): Promise<{ code: number | null; said: string }> {
  const child = playground.spawn(program, process.execPath, [programPath(program), ...args], { env })
  for (const line of input) child.type(line)
  child.endInput()
  return { code: await child.exited, said: child.lines.join('\n') }
}

function shell(playground: Playground, server: string): TestProcess {
  const args = [
    programPath('bittrickle'),
    server,
    '--share',
    'hans',
    '--download',
    'hans',
    '--state',
    'state',
  ]
  return playground.spawn('hans', process.execPath, args, { env: HANS })
}

describe('the identity of the index', () => {
  it('is kept, shown, held to, and forgotten when the user says so', async () => {
    await using playground = await Playground.create()
    await mkdir(playground.path('hans'))
    const first = await playground.index('--data', 'index')
    expect(first.uri).toMatch(/^bittrickle:\/\/127\.0\.0\.1:\d+\?key=[\w-]{43}$/)
    expect((await stat(playground.path('index', 'server.key'))).mode & 0o777).toBe(0o600)
    const server = `127.0.0.1:${first.port}`

    // By the whole URI, and on first use by the address alone.
    for (const address of [first.uri, server]) {
      const hans = shell(playground, address)
      await hans.line(/^Welcome/)
      await hans.ask('xit', /^Goodbye!$/)
    }
    expect(await readFile(playground.path('state', 'known_servers'), 'utf8')).toBe(
      `${server} ${first.uri.split('key=')[1]}\n`,
    )
    expect((await stat(playground.path('state', 'device.key'))).mode & 0o777).toBe(0o600)
    await first.program.stop()

    // The same key after a restart; another one is refused, loudly, until the old one is forgotten.
    const second = await playground.index(first.port, '--data', 'index')
    expect(second.uri).toBe(first.uri)
    await second.program.stop()
    await rm(playground.path('index'), { recursive: true })
    await playground.index(first.port, '--data', 'index')
    for (const address of [first.uri, server]) {
      const fooled = shell(playground, address)
      await fooled.line(/THE KEY OF .* IS NOT THE ONE THAT IS KNOWN/)
      expect(await fooled.exited).toBe(3)
    }
    const forget = (what: string) => run(playground, 'bittrickle', ['forget', what, '--state', 'state'])
    expect(await forget('nowhere:1')).toEqual({
      code: 4,
      said: `The key of "nowhere:1" is not known. Known are: ${server}.`,
    })
    expect(await forget(server)).toMatchObject({ code: 0 })
    await shell(playground, server).line(/^Welcome/)
  })
})

describe('doctor', () => {
  it('says what is in order and what is not, and tells it by its exit code', async () => {
    await using playground = await Playground.create()
    await mkdir(playground.path('hans'))
    const { port } = await playground.index()
    const args = ['doctor', port, '--share', 'hans', '--download', 'hans', '--state', 'state']
    const fine = await run(playground, 'bittrickle', args, { env: HANS })
    expect(fine.said).toMatch(/^ok +login: hans is logged in/m)
    expect(fine.code).toBe(0)
    const json = await run(playground, 'bittrickle', [...args, '--json'], {
      env: { ...HANS, BITTRICKLE_PASSWORD: 'x' },
    })
    expect(json.code).toBe(3)
    const lines = json.said.split('\n').map((line) => JSON.parse(line))
    expect(lines.find(({ check }) => check === 'login')).toMatchObject({ status: 'failure' })
    const unreachable = await run(playground, 'bittrickle', ['doctor', '1', ...args.slice(2)])
    expect(unreachable.code).toBe(6)
  })
})

describe('accounts', () => {
  it('are added, changed, listed and removed, while the index runs', async () => {
    await using playground = await Playground.create()
    const user = (args: string[], input: string[] = []) =>
      run(playground, 'bittrickle-server', ['user', ...args, '--credentials', 'accounts.txt'], { input })
    expect(await user(['add', 'hans'], ['falcon*solo'])).toMatchObject({ code: 0 })
    expect(await user(['add', 'hans'], ['falcon*solo'])).toMatchObject({ code: 2 })
    expect(await user(['add', 'two words'], ['x'])).toMatchObject({ code: 2 })
    expect(await user(['add', 'yoda'])).toMatchObject({
      code: 1,
      said: expect.stringContaining('No password'),
    })
    expect(await user(['passwd', 'vader'], ['x'])).toMatchObject({ code: 4 })
    expect(await readFile(playground.path('accounts.txt'), 'utf8')).toMatch(
      /^hans \$scrypt\$ln=\d+,r=\d+,p=\d+\$/,
    )
    await writeFile(playground.path('accounts.txt'), 'yoda plain\n', { flag: 'a' })
    expect((await user(['list'])).said).toBe('2 accounts:\nhans\nyoda (plain password)')

    const { port } = await playground.index('--credentials', 'accounts.txt')
    await mkdir(playground.path('hans'))
    const hans = shell(playground, port)
    await hans.line(/^Welcome/)
    expect(await user(['remove', 'hans'])).toMatchObject({ code: 0 })
    await hans.line(/^Offline: The index has ended the session: the account was removed/)
    await hans.stop()
    expect(await user(['add', 'hans'], ['falcon*solo'])).toMatchObject({ code: 0 })
    await shell(playground, port).line(/^Welcome|Unknown user name/)
  })
})
