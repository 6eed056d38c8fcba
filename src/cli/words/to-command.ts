import { Argument, Command, Option } from 'commander'
import type { Said, Word } from './word.js'

/** The commander command for a word: its arguments and options. */
export function toCommand(word: Word, run: (said: Said) => Promise<void> | void): Command {
  const command = new Command(word.name).summary(word.summary).description(word.summary).exitOverride()
  if (word.aliases !== undefined) command.aliases([...word.aliases])
  for (const { syntax, about, choices } of word.args ?? []) {
    const argument = new Argument(syntax, about)
    command.addArgument(choices === undefined ? argument : argument.choices(choices))
  }
  for (const { flags, about, read, shownDefault } of word.options ?? []) {
    const option = new Option(
      flags,
      shownDefault === undefined ? about : `${about} (default: ${shownDefault})`,
    )
    if (read !== undefined) option.argParser(read)
    command.addOption(option)
  }
  return command.action((...given: unknown[]) => {
    // Behind the arguments, of which one may be a list, come the options and the command.
    const args = given
      .slice(0, -2)
      .flat()
      .filter((arg) => arg !== undefined)
    return run({ args: args as string[], options: given.at(-2) as Said['options'] })
  })
}

/** How a word is used, in a line. */
export function usageOf(word: Word, name = word.name): string {
  const args = (word.args ?? []).map(({ syntax }) => syntax)
  const options = (word.options ?? []).length === 0 ? [] : ['[options]']
  return [name, ...options, ...args].join(' ')
}
