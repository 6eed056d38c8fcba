import { Command, CommanderError, Option } from 'commander'
import type { Flags } from './config/resolve.js'
import { DEFAULT_CONFIG, DEFAULT_STATE, SETTINGS } from './config/settings.js'
import { EXIT } from './exit-codes.js'
import { addHelp, filesText } from './help.js'
import { endWithReader } from './lost-reader.js'
import { makeProgram } from './program.js'
import { findSimilar } from './similar.js'
import { usageError } from './usage.js'
import { WORDS } from './words/index.js'
import { shell } from './words/shell.js'
import { toCommand } from './words/to-command.js'
import type { Said, Word } from './words/word.js'

/** Does what was said. */
type Run = (word: Word, said: Said, flags: Flags) => Promise<void> | void

/**
 * The program `bittrickle` as commander has it: all words, options and help. Nothing of the SDK is loaded for that.
 *
 * @param run - what a word does when the program is parsed; without it nothing happens
 */
export function peerProgram(run: Run = () => {}): Command {
  const program = makeProgram('bittrickle', 'Share files with your group, machine to machine.')
    .summary('share files with your group, machine to machine')
    .argument('[server]', `the index for a shell, as --server has it`)
  for (const { flags, variable, about, shownDefault } of Object.values(SETTINGS)) {
    const option = new Option(flags, about).env(variable)
    // For the help alone: where a value comes from is found out later.
    if (shownDefault !== undefined && flags.includes('<')) option.default(shownDefault, shownDefault)
    program.addOption(option)
    if (flags === '--no-color')
      program.addOption(new Option('--color', 'colours also where it is no terminal'))
  }
  program
    .addOption(new Option('--config <file>', 'the configuration file').env('BITTRICKLE_CONFIG'))
    .option(
      '--password-stdin',
      'the password is the first line of stdin; else BITTRICKLE_PASSWORD, or asked for',
    )
  program.addHelpCommand(
    new Command('help')
      .argument('[word]')
      .description('tell of a word')
      .helpOption(false)
      .helpGroup('The program:'),
  )
  addHelp(program, 'bittrickle')
  program.addHelpText('after', filesText(DEFAULT_CONFIG, DEFAULT_STATE))
  for (const word of WORDS) {
    const command = toCommand(word, (said) => run(word, said, flagsOf(program)))
    command.helpGroup(word.group)
    addHelp(command, `bittrickle ${word.name}`, word)
    program.addCommand(command)
  }
  // What is too much for a shell is a word that there is not.
  program.allowExcessArguments().action((server: string | undefined) => {
    if (server !== undefined) assertNoTypo(server, program.args.length > 1)
    return run(shell, { args: server === undefined ? [] : [server], options: {} }, flagsOf(program))
  })
  // Failures are told in one place, in one form.
  for (const command of [program, ...program.commands]) {
    command.showHelpAfterError(false).configureOutput({ outputError: () => {} })
  }
  return program
}

// What the environment says is read with the rest, by which a mistake in it is told.
function flagsOf(program: Command): Flags {
  const given = Object.entries(program.opts()).filter(
    ([name]) => program.getOptionValueSource(name) === 'cli',
  )
  return Object.fromEntries(given)
}

// A host may have any name, but "serach" is hardly one.
function assertNoTypo(server: string, hasMore: boolean): void {
  const names = WORDS.flatMap(({ name, aliases = [] }) => [name, ...aliases])
  const similar = /[.:]|^\d+$/.test(server) ? undefined : findSimilar(server, names)
  if (similar === undefined && !hasMore) return
  const meant = similar === undefined ? '' : ` Did you mean "${similar}"?`
  const host = hasMore ? '' : ` A host of that name is "bittrickle shell ${server}".`
  throw usageError(`There is no word "${server}".${meant}${host}`)
}

/** The program `bittrickle`. Resolves to its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  endWithReader()
  let exitCode: number = EXIT.ok
  const program = peerProgram(async (word, said, flags) => {
    const { runWord } = await import('./run-word.js')
    exitCode = await runWord(word, said, flags)
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    // Help and the version have been printed.
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
    // Help for a word that there is not is that of the program.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage
    const { reportFailure } = await import('./report-failure.js')
    return reportFailure(error, flagsOf(program), process.env)
  }
}
