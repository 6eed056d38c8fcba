import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { delimiter } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Playground, type TestProcess } from '../helpers/processes.js'
import { User } from '../helpers/run-program.js'

let playground: Playground
let uri: string
let owner: User
let serving: TestProcess
let count = 0

// A user for each test, so that the tests share an index and what one user serves.
const PASSWORD = 'may*the'
const USERS = Array.from({ length: 40 }, (_none, index) => `user${index}`)

async function newUser(): Promise<User> {
  const name = USERS[count] ?? ''
  count += 1
  await mkdir(playground.path(name))
  return new User(playground, name, PASSWORD, uri)
}

const BIG = randomBytes(3_000_000)

beforeAll(async () => {
  playground = await Playground.create()
  const lines = ['owner', ...USERS].map((name) => `${name} ${PASSWORD}\n`)
  await writeFile(playground.path('credentials.txt'), lines.join(''))
  ;({ uri } = await playground.index())
  owner = new User(playground, 'owner', PASSWORD, uri)
  await mkdir(playground.path('owner', 'music'), { recursive: true })
  await writeFile(playground.path('owner', 'a.txt'), 'of a')
  await writeFile(playground.path('owner', 'b c.txt'), 'of b c')
  await writeFile(playground.path('owner', 'big.bin'), BIG)
  await writeFile(playground.path('owner', 'music', 'one.flac'), randomBytes(1000))
  await writeFile(playground.path('owner', 'music', 'two.flac'), randomBytes(2000))
  expect(await owner.run(['publish', 'a.txt', 'b c.txt', 'big.bin', 'music'])).toEqual({
    code: 0,
    out: ['Published a.txt', 'Published b c.txt', 'Published big.bin', 'Published music/: 2 files'],
    err: ['It can be fetched while "bittrickle serve", a shell or "bittrickle share" runs.'],
  })
  serving = owner.start(['serve'])
  await serving.line(/^Serving 5 files$/)
})
afterAll(() => playground[Symbol.asyncDispose]())

let user: User
beforeEach(async () => {
  user = await newUser()
})

describe('a word alone', () => {
  it('lists as lines, which other programs read', async () => {
    expect(await user.run(['search', 'txt'])).toEqual({ code: 0, out: ['a.txt', 'b c.txt'], err: [] })
    expect(await user.run(['peers'])).toEqual({ code: 0, out: ['owner'], err: [] })
    expect(await user.run(['search', 'nothing'])).toEqual({ code: 0, out: [], err: ['No files found'] })
    const { out } = await user.run(['sch', 'music/', '--long', '--order', 'size'])
    expect(out).toEqual([
      expect.stringMatching(/^ *SIZE {2}SOURCES +AGE {2}NAME$/),
      expect.stringMatching(/^ *2\.0 KiB {8}1 +\d+ s {2}music\/two\.flac$/),
      expect.stringMatching(/^ *1000 B {8}1 +\d+ s {2}music\/one\.flac$/),
    ])
  })

  it('prints objects with --json, a line each', async () => {
    const { out, err } = await user.run(['--json', 'search', 'a.txt'])
    expect(err).toEqual([])
    expect(out.map((line) => JSON.parse(line))).toEqual([
      {
        name: 'a.txt',
        size: 4,
        sources: 1,
        root: expect.stringMatching(/^[\w-]{43}$/),
        publishedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      },
    ])
    const got = await user.run(['get', 'music/', '--json', '--progress'])
    expect(got.out.map((line) => JSON.parse(line))).toEqual([
      { name: 'music/', path: playground.path(user.name, 'music'), size: 3000, files: 2 },
    ])
    const last = JSON.parse(got.err.at(-1) ?? '')
    expect(last).toMatchObject({ event: 'progress', name: 'music/', transferred: 3000, size: 3000 })
    expect(Object.keys(last)).toEqual(expect.arrayContaining(['rate', 'eta', 'sources', 'files']))
    const failed = await user.run(['get', 'none.txt', '--json'])
    expect(failed).toMatchObject({ code: 4, out: [] })
    expect(failed.err.map((line) => JSON.parse(line))).toEqual([
      { code: 'NOT_FOUND', message: 'No active peer offers "none.txt".', exitCode: 4 },
    ])
  })

  it('publishes, lists and takes back what is in the share folder or beside it', async () => {
    await mkdir(playground.path(user.name, 'sub'))
    await writeFile(playground.path(user.name, 'sub', 'mine.txt'), 'x')
    expect(await user.run(['pub', 'sub/mine.txt', '--to', 'owner,@design'])).toMatchObject({ code: 0 })
    // As Tab offers it in the working folder.
    expect(await user.run(['publish', `${user.name}/sub/mine.txt`, '--to', 'owner', '--json'])).toMatchObject(
      {
        out: ['{"name":"sub/mine.txt","to":["owner"]}'],
      },
    )
    expect(await user.run(['list', '--json'])).toMatchObject({
      out: ['{"name":"sub/mine.txt","to":["owner"]}'],
    })
    expect(await user.run(['lpf'])).toEqual({ code: 0, out: ['sub/mine.txt'], err: [] })
    expect(await user.run(['unpublish', 'sub/'])).toMatchObject({ code: 0, out: ['Unpublished sub/'] })
    expect(await user.run(['unpublish', 'sub/'])).toMatchObject({
      code: 4,
      err: ['You publish nothing below "sub/".', '"bittrickle list" shows what you publish.'],
    })
    expect(await user.run(['publish', 'credentials.txt'])).toMatchObject({ code: 2 })
  })

  it('looks at no file of the share folder in order to search', async () => {
    await writeFile(playground.path(user.name, 'report.txt'), 'first')
    await user.run(['publish', 'report.txt'])
    const before = (await user.run(['search', 'report', '--offline', '--json'])).out
    await writeFile(playground.path(user.name, 'report.txt'), 'second, which nobody has asked for')
    await user.run(['search', 'x'])
    expect(await user.run(['list'])).toEqual({ code: 0, out: ['report.txt'], err: [] })
    expect((await user.run(['search', 'report', '--offline', '--json'])).out).toEqual(before)
  })
})

describe('get', () => {
  it('of several goes on when one fails, and ends with the code of that', async () => {
    await writeFile(playground.path(user.name, 'a.txt'), 'mine')
    const { code, out, err } = await user.run(['get', 'none.txt', 'a.txt', 'big.bin', 'b c.txt'])
    expect(code).toBe(4)
    expect(out.sort()).toEqual([
      expect.stringMatching(/^Downloaded b c\.txt: 6 B, at /),
      expect.stringMatching(/^Downloaded big\.bin: 2\.9 MiB, at /),
    ])
    expect(err.sort()).toEqual([
      expect.stringMatching(/a\.txt" exists already/),
      'Here that is --as NAME, or --overwrite.',
      'No active peer offers "none.txt".',
    ])
    expect((await readFile(playground.path(user.name, 'big.bin'))).equals(BIG)).toBe(true)
    expect(await readFile(playground.path(user.name, 'a.txt'), 'utf8')).toBe('mine')
    // Each failure is an object that tells of what it is.
    const json = await user.run(['get', 'none.txt', 'a.txt', '--json'])
    expect(
      json.err
        .map((line) => JSON.parse(line))
        .map(({ name, code }) => [name, code])
        .sort(),
    ).toEqual([
      ['a.txt', 'TARGET_EXISTS'],
      ['none.txt', 'NOT_FOUND'],
    ])
  })

  it('--all fetches what a search finds', async () => {
    const { code, out } = await user.run(['get', '--all', '.flac', '--yes'])
    expect(code).toBe(0)
    expect(out).toHaveLength(2)
    expect((await readdir(playground.path(user.name, 'music'))).sort()).toEqual(['one.flac', 'two.flac'])
    expect(await user.run(['get', '--all', 'nothing'])).toMatchObject({
      code: 4,
      err: ['No name of others contains "nothing".'],
    })
    expect(await user.run(['get', 'a', 'b', '--as', 'c'])).toMatchObject({
      code: 2,
      err: ['--as and --root go with one name alone.'],
    })
  })

  it('goes on after Ctrl-C, with the same words', async () => {
    const args = ['get', 'big.bin', '--json', '--progress']
    const slow = user.start([...args, '--download-rate', '400K'])
    await slow.line(/"transferred":[1-9]/)
    expect(await slow.stop('SIGINT')).toBe(130)
    expect(slow.lines.at(-1)).toContain('What has arrived is kept')
    const left = await readdir(playground.path(user.name))
    expect(left.sort()).toEqual(['big.bin.part', 'big.bin.part.journal'])
    const { code, err } = await user.run(args)
    expect(code).toBe(0)
    expect(JSON.parse(err[0] ?? '').transferred).toBeGreaterThan(0)
    expect((await readFile(playground.path(user.name, 'big.bin'))).equals(BIG)).toBe(true)
    expect(await readdir(playground.path(user.name))).toEqual(['big.bin'])
  })
})

describe('while another program of the user is logged in', () => {
  it('that one is asked, and not thrown out', async () => {
    const before = serving.lines.length
    // It has nothing of others to find; what it finds itself is what counts.
    expect(await owner.run(['list'], { env: { BITTRICKLE_PASSWORD: '' } })).toMatchObject({
      code: 0,
      out: ['a.txt', 'b c.txt', 'big.bin', 'music/one.flac', 'music/two.flac'],
    })
    await writeFile(playground.path('owner', 'late.txt'), 'late')
    const [published, found] = await Promise.all([
      owner.run(['publish', 'late.txt']),
      owner.run(['get', 'none', 'nothing', '--json']),
    ])
    expect(published.out).toEqual(['Published late.txt'])
    expect(found).toMatchObject({ code: 4 })
    expect(found.err).toHaveLength(2)
    expect(await user.run(['get', 'late.txt'])).toMatchObject({ code: 0 })
    expect(await owner.run(['unpublish', 'late.txt'])).toMatchObject({ code: 0 })
    expect(serving.lines.slice(before).join('\n')).not.toMatch(/Offline/)
  })

  it('what cannot be asked of it is refused, and says why', async () => {
    const elsewhere = {
      BITTRICKLE_SHARE: playground.path(user.name),
      BITTRICKLE_DOWNLOAD: playground.path(user.name),
    }
    for (const [args, reason] of [
      [['share'], /by process \d+ \(bittrickle serve\), which a second login would throw out\. End/],
      [['shell'], /End that one first/],
      [['publish', 'x'], /It shares .*owner, not .*user/],
      [['get', 'x'], /It downloads to .*owner, not to .*user/],
    ] as const) {
      const { code, err } = await owner.run(args, { env: elsewhere })
      expect(code).toBe(3)
      expect(err[0]).toMatch(reason)
    }
  })

  it('many at a time share one login', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => user.run(['search', 'a.txt'])))
    for (const ended of all) expect(ended).toEqual({ code: 0, out: ['a.txt'], err: [] })
  })
})

describe('login', () => {
  const clear = { BITTRICKLE_SERVER: '', BITTRICKLE_USERNAME: '', BITTRICKLE_PASSWORD: '' }

  /** A stand-in for libsecret's command, which keeps a password in a file. */
  async function secretTool(): Promise<string> {
    const folder = playground.path(`bin-${user.name}`)
    await mkdir(folder)
    const script = 'case $1 in store) cat > "$0.kept";; lookup) cat "$0.kept";; clear) rm "$0.kept";; esac'
    await writeFile(`${folder}/secret-tool`, `#!/bin/sh\nprintf '%s\\n' "$*" >> "$0.words"\n${script}\n`)
    await chmod(`${folder}/secret-tool`, 0o755)
    return folder
  }

  it('is remembered, the password by the system, and forgotten again', async () => {
    const folder = await secretTool()
    const env = { ...clear, PATH: `${folder}${delimiter}${process.env.PATH}` }
    const config = playground.path(`config-${user.name}`, 'bittrickle', 'config.json')
    const login = ['login', uri, '--username', user.name, '--password-stdin', '--json']
    expect(await user.run(login, { env, input: 'wrong\n' })).toMatchObject({ code: 3, out: [] })
    expect((await user.run(['search', 'a.txt'], { env })).code).not.toBe(0)
    const { out } = await user.run(login, { env, input: `${PASSWORD}\n` })
    expect(out.map((line) => JSON.parse(line))).toEqual([
      { server: uri, username: user.name, config, password: 'kept' },
    ])
    expect(JSON.parse(await readFile(config, 'utf8'))).toEqual({
      server: uri,
      username: user.name,
      keyring: true,
    })
    expect((await stat(config)).mode & 0o777).toBe(0o600)
    expect(await readFile(`${folder}/secret-tool.words`, 'utf8')).not.toContain(PASSWORD)

    expect(await user.run(['search', 'a.txt'], { env })).toMatchObject({ code: 0, out: ['a.txt'] })
    expect(await user.run(['search', 'a.txt', '--no-keyring'], { env })).toMatchObject({ code: 3 })
    expect(await user.run(['logout'], { env })).toMatchObject({ code: 0, err: [] })
    expect(JSON.parse(await readFile(config, 'utf8'))).toEqual({})
    expect(await readdir(folder)).not.toContain('secret-tool.kept')
    expect((await user.run(['logout'], { env })).err).toEqual([`Nothing is remembered in ${config}.`])
  })

  it('says that the password will be asked for where nobody keeps it', async () => {
    const empty = playground.path(`bin-${user.name}`)
    await mkdir(empty)
    const env = { ...clear, PATH: empty }
    const login = ['login', uri, '--username', user.name, '--password-stdin']
    expect(await user.run(login, { env, input: `${PASSWORD}\n` })).toMatchObject({
      code: 0,
      err: ['The password is not kept: it will be asked for, or BITTRICKLE_PASSWORD.'],
    })
    expect(await user.run(['search', 'a.txt'], { env })).toMatchObject({
      code: 3,
      err: [
        expect.stringMatching(/^There is no password, and no terminal to ask on: set BITTRICKLE_PASSWORD/),
      ],
    })
    expect(
      await user.run(['search', 'a.txt'], { env: { ...env, BITTRICKLE_PASSWORD: PASSWORD } }),
    ).toMatchObject({
      out: ['a.txt'],
    })
  })

  it('needs to know where', async () => {
    expect(await user.run(['login'], { env: clear })).toMatchObject({
      code: 2,
      err: [expect.stringMatching(/^It needs the address of the index/)],
    })
    expect(await user.run(['login', 'two words'])).toMatchObject({ code: 2 })
  })
})

describe('colours', () => {
  const args = ['search', 'a.txt', '--long']
  it.each([
    ['NO_COLOR', args, { NO_COLOR: '1', FORCE_COLOR: '' }, false],
    ['FORCE_COLOR', args, { NO_COLOR: '', FORCE_COLOR: '1' }, true],
    ['no terminal', args, { NO_COLOR: '', FORCE_COLOR: '' }, false],
    ['--no-color', [...args, '--no-color'], { NO_COLOR: '', FORCE_COLOR: '1' }, false],
    ['--color', [...args, '--color'], { NO_COLOR: '1', FORCE_COLOR: '' }, true],
  ])('by %s', async (_by, words, env, isColoured) => {
    const { out } = await user.run(words, { env })
    expect(out).toHaveLength(2)
    expect(out.join('').includes('\x1b[')).toBe(isColoured)
  })
})

it('words that are none are refused before anything is done, in a sentence', async () => {
  const config = playground.path('bad.json')
  await writeFile(config, '{"prot": 1}')
  const expected: [string[], string][] = [
    [
      ['serach'],
      'There is no word "serach". Did you mean "search"? A host of that name is "bittrickle shell serach".',
    ],
    [['serach', 'x'], 'There is no word "serach". Did you mean "search"?'],
    [['search', '--lng'], "Unknown option '--lng' (Did you mean --long?)"],
    [['search'], 'It needs a text, or an option that says what to look for.'],
    [['get'], "Missing required argument 'name'."],
    [['--port', 'x', 'peers'], '--port must be a whole number from 0 to 65535; received "x".'],
  ]
  const all = await Promise.all(expected.map(([args]) => user.run(args)))
  expect(all.map(({ code, err }) => [code, err[0]])).toEqual(expected.map(([, sentence]) => [2, sentence]))
  const { code, err } = await user.run(['peers', '--config', config])
  expect(code).toBe(2)
  expect(err[0]).toMatch(`The configuration file ${config} has the unknown key "prot".`)
})

describe('on a terminal', () => {
  it('a list is a table that fits', async () => {
    const long = 'a-very-long-name-that-does-not-fit-a-narrow-terminal.dat'
    await writeFile(playground.path('owner', long), 'x')
    await owner.run(['publish', long])
    const narrow = user.startOnTerminal(50, 'search narrow')
    expect(await narrow.exited).toBe(0)
    expect(narrow.lines.map((line) => line.trimEnd())).toEqual([
      '1 file found:',
      expect.stringMatching(/^SIZE {2}SOURCES +AGE {2}NAME$/),
      expect.stringMatching(/^ 1 B {8}1 +\d+ \w+ {2}a-very-lo.*….*terminal\.dat$/),
    ])
    await owner.run(['unpublish', long])
    await rm(playground.path('owner', long))
  })

  it('several downloads have a line each, and what they bring is told above them', async () => {
    const peer = user.startOnTerminal(100, 'get big.bin music/ --download-rate 1M')
    await peer.sendUntil('', /music\/ .*3\.0|big\.bin .*%/)
    await peer.line(/Downloaded music\/: 2 files/)
    await peer.line(/Downloaded big\.bin: 2\.9 MiB/)
    expect(await peer.exited).toBe(0)
    expect(peer.lines.join('\n')).toMatch(/big\.bin +█*░* +\d+% {2}.* of 2\.9 MiB/)
  })

  it('--all asks before', async () => {
    const peer = user.startOnTerminal(100, 'get --all .flac')
    await peer.sendUntil('', /Download 2 files, 2\.9 KiB\?/)
    peer.send('n')
    expect(await peer.exited).toBe(0)
    expect(await readdir(playground.path(user.name))).toEqual([])
  })
})

describe('on a terminal, in the shell', () => {
  it('Ctrl-C gives up what runs, and --all asks before', async () => {
    const peer = user.startOnTerminal(100, 'shell --download-rate 300K')
    await peer.line(/Available commands are/)
    await peer.sendUntil('get big.bin\r', /\d% .* of 2\.9 MiB .*\/s .*left/)
    await peer.sendUntil('\x03', /The download of "big\.bin" was cancelled\.[\s\S]*> /)
    await peer.sendUntil('get --all .flac\r', /Download 2 files, 2\.9 KiB\? \[y\/N\] /)
    await peer.sendUntil('n\r', /> /)
    await peer.sendUntil('get --all .flac\r', /\[y\/N\] /)
    await peer.sendUntil('\x03', /Given up\.[\s\S]*> /)
    await peer.sendUntil('get --all .flac\r', /\[y\/N\] /)
    peer.send('y\r')
    await peer.line(/Downloaded music\/.*\.flac/)
    await peer.line(/Downloaded music\/.*\.flac/)
    peer.send('xit\r')
    await peer.line(/Goodbye!/)
    expect(await peer.exited).toBe(0)
    expect((await readdir(playground.path(user.name))).sort()).toEqual([
      'big.bin.part',
      'big.bin.part.journal',
      'music',
    ])
  })

  it('login asks for what it is not told', async () => {
    const clear = { BITTRICKLE_SERVER: '', BITTRICKLE_USERNAME: '', BITTRICKLE_PASSWORD: '' }
    const peer = user.startOnTerminal(200, 'login --no-keyring', clear)
    await peer.sendUntil('', /The address of the index:/)
    await peer.sendUntil(`${uri}\r`, /User name:/)
    await peer.sendUntil(`${user.name}\r`, /Password:/)
    await peer.sendUntil('wrong\r', /Unknown user name[\s\S]*User name:/)
    await peer.sendUntil(`${user.name}\r`, /Password:/)
    peer.send(`${PASSWORD}\r`)
    await peer.line(/Logged in as /)
    expect(await peer.exited).toBe(0)
    expect(peer.lines.join('\n')).not.toContain(PASSWORD)
  })
})

it('serve ends in good order', async () => {
  expect(await serving.stop('SIGTERM')).toBe(0)
  expect(serving.lines.at(-1)).toBe('Goodbye!')
})
