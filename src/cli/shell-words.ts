import { CommanderError } from 'commander'
import { addHelp } from './help.js'
import { printable } from './text.js'
import { findShellWord, SHELL_WORDS } from './words/index.js'
import { toCommand, usageOf } from './words/to-command.js'
import type { PeerWord, WordContext } from './words/word.js'

/** The text of `help`. */
export function helpText(): string {
  const all = [
    ...SHELL_WORDS.map((word) => [
      usageOf(word, [word.name, ...(word.aliases ?? [])].join(', ')),
      word.summary,
    ]),
    ['help [word]', 'show this, or tell of a word'],
    ['xit', 'log out and leave'],
  ]
  const width = Math.max(...all.map(([usage = '']) => usage.length))
  return ['Commands:', ...all.map(([usage = '', help = '']) => `  ${usage.padEnd(width)}  ${help}`)].join(
    '\n',
  )
}

/**
 * Runs a line of the shell.
 *
 * @param say - prints what is no result
 * @throws CommanderError for an unknown word, and for what a word does not understand; what the word itself throws
 */
export async function runLine(
  context: WordContext,
  words: readonly string[],
  say: (text: string) => void,
): Promise<void> {
  const [first = '', ...rest] = words
  const [name, args] = first === 'help' ? [rest[0] ?? '', ['--help']] : [first, rest]
  const word = findShellWord(name)
  if (word === undefined) {
    const known = [...SHELL_WORDS.map((each) => each.name), 'help', 'xit'].join(', ')
    throw new CommanderError(
      2,
      'bittrickle.unknown',
      `error: Unknown command "${printable(name)}". There are: ${known}.`,
    )
  }
  await parse(context, word, args, say)
}

async function parse(
  context: WordContext,
  word: PeerWord,
  args: readonly string[],
  say: (text: string) => void,
): Promise<void> {
  const command = toCommand(word, async (said) => {
    await word.run(context, said)
  })
  addHelp(command, word.name, word)
  command.configureOutput({ writeOut: (text) => say(text.trimEnd()), outputError: () => {} })
  try {
    await command.parseAsync([...args], { from: 'user' })
  } catch (error) {
    // Help has been shown.
    if (error instanceof CommanderError && error.exitCode === 0) return
    if (!(error instanceof CommanderError)) throw error
    const usage = `Usage: ${usageOf(word)}; "help ${word.name}" tells more.`
    throw new CommanderError(2, error.code, `${sentence(error.message)} ${usage}`)
  }
}

const sentence = (text: string): string => (/[.?!)]$/.test(text) ? text : `${text}.`)
