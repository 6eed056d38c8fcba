import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { Playground, programPath } from '../helpers/processes.js'

describe.each([
  ['sealed', []],
  ['classic', ['--classic']],
])("the original's own story, %s", (protocol, flags) => {
  it('A publishes, B searches, finds and downloads, and the bytes are equal', async () => {
    await using playground = await Playground.create()
    const { port, program } = await playground.index(...flags)
    const [hans, yoda] = [
      await playground.logIn('hans', port, flags),
      await playground.logIn('yoda', port, flags),
    ]
    const bytes = randomBytes(5_000_000)
    await writeFile(playground.path('hans', 'X.mp3'), bytes)
    await hans.ask('pub X.mp3', /^Published X\.mp3$/)
    await yoda.ask('sch mp3', /^1 file found:$/)
    await yoda.line(/^X\.mp3$/)
    await yoda.ask('get X.mp3', /^Downloaded X\.mp3: 4\.8 MiB/)
    expect((await readFile(playground.path('yoda', 'X.mp3'))).equals(bytes)).toBe(true)
    await hans.line(/^Sent X\.mp3$/)
    for (const peer of [hans, yoda]) {
      await peer.ask('xit', /^Goodbye!$/)
      expect(await peer.exited).toBe(0)
    }
    expect(program.lines.find((line) => line.includes('"X.mp3"'))).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z 127\.0\.0\.1:\d+ +hans +publish "X\.mp3" → ok$/,
    )
    expect(await program.stop()).toBe(0)
  })

  it('its sample session: a wrong password, then the right one, and everything twice', async () => {
    await using playground = await Playground.create()
    const { port } = await playground.index(...flags)
    const hans = await playground.peer('hans', port, { args: flags })
    await hans.line(/^User name:$/)
    await hans.ask('hans', /^Password:$/)
    await hans.ask('wrong', /^Unknown user name or wrong password\.$/)
    await hans.ask('hans', /^Password:$/)
    await hans.ask('falcon*solo', /^Welcome to BitTrickle!$/)
    await hans.line(/^Available commands are: get, lap, lpf, pub, sch, share, unp, xit; "help" tells more\.$/)

    const second = await playground.peer('hans', port, {
      args: flags,
      env: { BITTRICKLE_USERNAME: 'hans', BITTRICKLE_PASSWORD: 'falcon*solo' },
    })
    await second.line(/already active/)
    expect(await second.exited).toBe(3)

    await writeFile(playground.path('hans', 'a.txt'), 'a')
    await hans.ask('lap', /^No active peers$/)
    await hans.ask('lpf', /^No files published$/)
    await hans.ask('pub a.txt', /^Published a\.txt$/)
    await hans.ask('pub a.txt', /^Published a\.txt$/)
    await hans.ask('pub missing.txt', /There is no file "missing\.txt" in the share folder/)
    await hans.ask('pub ../credentials.txt', /not inside the share folder/)
    await hans.ask('lpf', /^1 file published:$/)
    await hans.line(/^a\.txt$/)
    await hans.ask('get a.txt', protocol === 'classic' ? /exists already/ : /^You publish "a\.txt" yourself/)
    await hans.ask('get b.txt', /No active peer offers "b\.txt"/)
    await hans.ask('sch a', /^No files found$/)
    await hans.ask('unp a.txt', /^Unpublished a\.txt$/)
    await hans.ask('unp a.txt', /^You do not publish "a\.txt"\.$/)
    await hans.ask('frobnicate', /^Unknown command "frobnicate"/)
    await hans.ask(
      'get',
      /^Missing required argument 'name'\. Usage: get \[options\] <name\.\.\.>; "help get"/,
    )
    await hans.ask('lap now', /^Too many arguments\. .* Usage: peers;/)
    await hans.ask('help get', /^get - download files/)
    await hans.ask('help', /^Commands:$/)
    hans.endInput()
    await hans.line(/^Goodbye!$/)
    expect(await hans.exited).toBe(0)
  })

  it('three peers fetch from each other at the same moment', async () => {
    await using playground = await Playground.create()
    const { port } = await playground.index(...flags)
    const users = ['hans', 'yoda', 'vader'] as const
    const peers = await Promise.all(users.map((user) => playground.logIn(user, port, flags)))
    const files = new Map<string, Buffer>()
    for (const [index, peer] of peers.entries()) {
      const name = `of-${users[index]}.bin`
      const bytes = randomBytes(3_000_000 + index)
      files.set(name, bytes)
      await writeFile(playground.path(users[index] as string, name), bytes)
      await peer.ask(`pub ${name}`, /^Published/)
    }
    await Promise.all(
      peers.map(async (peer, index) => {
        for (const other of users.filter((user) => user !== users[index])) {
          await peer.ask(`get of-${other}.bin`, /^Downloaded/)
        }
      }),
    )
    for (const user of users) {
      expect((await readdir(playground.path(user))).sort()).toEqual([...files.keys()].sort())
      for (const [name, bytes] of files) {
        expect((await readFile(playground.path(user, name))).equals(bytes)).toBe(true)
      }
    }
  })

  it('a publisher leaves, and comes back with its publications', async () => {
    await using playground = await Playground.create()
    const { port, program } = await playground.index(...flags)
    const [hans, yoda] = [
      await playground.logIn('hans', port, flags),
      await playground.logIn('yoda', port, flags),
    ]
    await writeFile(playground.path('hans', 'a.txt'), 'from hans')
    await hans.ask('pub a.txt', /^Published/)
    await yoda.ask('sch a', /^1 file found:$/)
    await hans.stop('SIGKILL')
    // The index looks before each request, so the question is what makes it notice.
    const gone = program.line(/hans +expired/)
    for (;;) {
      const [answer] = await yoda.ask('get a.txt', /^(No active peer offers|Cannot connect to the source)/)
      if (answer.startsWith('No active')) break
    }
    await gone
    await yoda.ask('sch a', /^No files found$/)

    const again = await playground.logIn('hans', port, flags)
    await again.ask('lpf', /^a\.txt$/)
    await yoda.ask('get a.txt', /^Downloaded/)
    expect(await readFile(playground.path('yoda', 'a.txt'), 'utf8')).toBe('from hans')
  })

  it('a signal shuts both programs down in good order, uploads go on while one types', async () => {
    await using playground = await Playground.create()
    const { port, program } = await playground.index(...flags)
    const hans = await playground.logIn('hans', port, flags)
    await mkdir(playground.path('hans', 'sub'))
    await writeFile(playground.path('hans', 'sub', 'two words.txt'), 'x')
    const answer =
      protocol === 'classic'
        ? /classic protocol cannot say "sub\/two words\.txt"/
        : /^Published sub\/two words/
    await hans.ask("pub 'sub/two words.txt'", answer)
    await hans.ask('pub "open', /quote is left open/)
    expect(await hans.stop('SIGINT')).toBe(0)
    expect(hans.lines.at(-1)).toBe('Goodbye!')
    expect(await program.stop('SIGINT')).toBe(0)
    expect(program.lines).toContain('The index shuts down.')
  })
})

describe('what cannot be', () => {
  it('is said in a sentence, with the exit code that belongs to it', async () => {
    await using playground = await Playground.create()
    const state = (name: string) => ['--state', playground.path(name)]
    const known = { BITTRICKLE_USERNAME: 'hans', BITTRICKLE_PASSWORD: 'falcon*solo' }
    const expectEnd = async (
      program: 'bittrickle' | 'bittrickle-server',
      args: string[],
      { code, said = /./, env = {} }: { code: number; said?: RegExp; env?: Record<string, string> },
    ): Promise<void> => {
      const child = playground.spawn(program, process.execPath, [programPath(program), ...args], { env })
      child.endInput()
      expect(await child.exited, args.join(' ')).toBe(code)
      expect(child.lines.join('\n')).toMatch(said)
    }
    await Promise.all([
      expectEnd('bittrickle-server', ['--version'], { code: 0 }),
      expectEnd('bittrickle', ['--help'], { code: 0 }),
      expectEnd('bittrickle', ['--nonsense'], { code: 2 }),
      expectEnd('bittrickle', ['--port', 'x'], { code: 2, said: /^--port must be a whole number/ }),
      expectEnd('bittrickle-server', ['port'], {
        code: 2,
        said: /It must be a whole number from 0 to 65535/,
      }),
      expectEnd('bittrickle-server', ['0', '--credentials', 'none.txt'], {
        code: 1,
        said: /There is no credentials file "none\.txt"/,
      }),
      expectEnd('bittrickle', ['1', '--classic', ...state('one')], {
        code: 6,
        said: /No answer from the index at localhost:1/,
        env: known,
      }),
      playground.index().then(({ port }) =>
        expectEnd('bittrickle', [port, ...state('other')], {
          code: 3,
          said: /^Unknown user name or wrong password\.$/m,
          env: { ...known, BITTRICKLE_PASSWORD: 'wrong' },
        }),
      ),
    ])
  })
})
