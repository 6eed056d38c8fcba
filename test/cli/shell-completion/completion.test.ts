import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Argument, Command, Option } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { peerProgram } from '../../../src/cli/bittrickle.js'
import { serverProgram } from '../../../src/cli/bittrickle-server.js'
import { completionScript } from '../../../src/cli/shell-completion/completion-command.js'

/** A program with one of everything. */
function makeProgram(): Command {
  const program = new Command('some-tool')
    .description("It's a tool")
    .version('1.0.0')
    .option('--debug', 'show: more')
    .option('--out <file>', 'where to')
    .option('--data <folder>', 'where from')
    .option('--name <text>', 'how it is called')
    .addOption(new Option('-l, --level <level>', 'how loud').choices(['loud', 'low', 'no thing']))
    .addOption(new Option('--secret', 'not shown').hideHelp())
  const user = program.command('user').alias('people').description('manage users')
  user.command('add <name>').description('add one').option('--group <name>', 'put it there')
  user.command('remove <name>').description('remove one')
  program.command('verify <file>').description('check a file')
  program
    .command('shell')
    .addArgument(new Argument('<which>').choices(['bash', 'zsh']))
    .description('which one')
  program.command('hidden', { hidden: true })
  return program
}

let folder: string
let scripts: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-completion-'))
  await writeFile(join(folder, 'a file.txt'), '')
  await writeFile(join(folder, 'other.txt'), '')
  await mkdir(join(folder, 'a folder'))
  scripts = await mkdtemp(join(tmpdir(), 'bittrickle-scripts-'))
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    await writeFile(join(scripts, shell), await completionScript(makeProgram(), shell))
  }
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await rm(scripts, { recursive: true })
})

function run(shell: string, ...args: string[]): string[] {
  const { stdout, stderr, error } = spawnSync(shell, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: folder, LC_ALL: 'C.UTF-8' },
  })
  if (error !== undefined) throw error
  expect(stderr).toBe('')
  return stdout.split('\n').filter((line) => line !== '')
}

/** What each shell offers behind words, the last of which is being typed. */
const OFFERS: Readonly<Record<string, (...words: string[]) => string[]>> = {
  bash: (...words) => {
    const quoted = words.map((word) => `'${word}'`).join(' ')
    const script = `source ${scripts}/bash; COMP_WORDS=(some-tool ${quoted}); COMP_CWORD=${words.length}
      _some_tool_completion 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`
    return run('bash', '--norc', '-c', script)
  },
  // What zsh's own functions would show is printed instead: they need a terminal.
  zsh: (...words) => {
    const quoted = words.map((word) => `'${word}'`).join(' ')
    const script = `compdef() { }
      _describe() { [[ $1 == -o ]] && shift; local each; for each in "\${(@P)2}"; do print -r -- "\${each%%:*}"; done }
      _files() { [[ $1 == -/ ]] && print -rl -- *(/) || print -rl -- * }
      compadd() { shift; print -rl -- "$@" }
      source ${scripts}/zsh; words=(some-tool ${quoted}); CURRENT=${words.length + 1}; _some_tool_completion`
    const last = words.at(-1) ?? ''
    return run('zsh', '-f', '-c', script).filter((offer) => offer.startsWith(last))
  },
  fish: (...words) => {
    const line = `some-tool ${words.join(' ')}`
    return run('fish', '--no-config', '-c', `source ${scripts}/fish; complete -C '${line}'`).map(
      (offer) => offer.split('\t')[0] ?? '',
    )
  },
}

const isThere = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0

describe.each(['bash', 'zsh', 'fish'])('%s', (shell) => {
  const offers = OFFERS[shell] as (...words: string[]) => string[]
  // They are there where CI says so.
  const maybe = it.skipIf(process.env.CI === undefined && !isThere(shell))

  maybe.each<[string, string[], string[]]>([
    ['commands', [''], ['help', 'shell', 'user', 'verify']],
    ['what begins so', ['u'], ['user']],
    ['commands of commands', ['user', ''], ['add', 'help', 'remove']],
    ['the same behind another word for it', ['people', 'r'], ['remove']],
    ['commands behind options and their values', ['--debug', '--name', 'verify', 'user', 'a'], ['add']],
    ['choices of an option', ['--level', ''], ['loud', 'low']],
    ['choices of its short form, behind a command', ['user', 'add', '-l', 'lo'], ['loud', 'low']],
    ['choices of an argument', ['shell', ''], ['bash', 'zsh']],
    ['files for an option', ['--out', ''], ['a file.txt', 'a folder', 'other.txt']],
    ['folders alone for another one', ['--data', ''], ['a folder']],
    ['files for an argument', ['verify', 'o'], ['other.txt']],
    ['nothing where anything may stand', ['--name', ''], []],
    ['nothing behind a command that has none below', ['user', 'add', ''], []],
  ])('offers %s', (_what, words, offered) => {
    // Each shell marks folders, and quotes white space, in its way.
    const plain = offers(...words).map((offer) => offer.replaceAll('\\', '').replace(/\/$/, ''))
    expect([...new Set(plain)].sort()).toEqual(offered)
  })

  maybe('offers options, those of the program behind its commands too, and none that is hidden', () => {
    const all = ['--data', '--debug', '--help', '--level', '--name', '--out', '--version']
    expect(
      offers('--')
        .filter((offer) => offer.startsWith('--'))
        .sort(),
    ).toEqual(all)
    expect(offers('user', 'add', '--').sort()).toEqual([...all, '--group'].sort())
  })
})

it.skipIf(process.env.CI === undefined && !isThere('zsh'))(
  'zsh completes when it has loaded the script by itself',
  async () => {
    await writeFile(join(scripts, '_some-tool'), await completionScript(makeProgram(), 'zsh'))
    const script = `_describe() { print -rl -- "\${(@P)2}" }
    fpath=(${scripts} $fpath); autoload -Uz _some-tool; words=(some-tool ''); CURRENT=2; _some-tool`
    expect(run('zsh', '-f', '-c', script)).toContain('user:manage users')
  },
)

describe.each(['bash', 'zsh', 'fish'] as const)('what %s gets', (shell) => {
  it.skipIf(process.env.CI === undefined && !isThere(shell)).each([
    ['bittrickle', peerProgram],
    ['bittrickle-server', serverProgram],
  ] as const)('of %s is a script to it', async (name, make) => {
    await writeFile(join(scripts, name), await completionScript(make(), shell))
    expect(run(shell, '-n', join(scripts, name))).toEqual([])
  })
})

it.skipIf(process.env.CI === undefined && !isThere('bash'))('bash completes behind an equals sign', () => {
  expect(OFFERS.bash?.('--level', '=', 'lou')).toEqual(['loud'])
  expect(OFFERS.bash?.('--level', '=')).toEqual(['loud', 'low'])
  expect(OFFERS.bash?.('--level', '=', 'loud', 'us')).toEqual(['user'])
})
