import type { Argument, Command, Option } from 'commander'

/** What may stand in the place of a value. */
export type Values = 'files' | 'folders' | 'anything' | readonly string[]

/** An option, as it is typed. */
export interface CompletedOption {
  /** Each with its dashes: `-h`, `--help`. */
  readonly flags: readonly string[]
  readonly description: string
  /** Absent where no value follows. */
  readonly values?: Values
}

/** A word that names a command. */
export interface CompletedWord {
  readonly name: string
  /** Other words for it, which are understood and not offered. */
  readonly aliases: readonly string[]
  readonly description: string
}

/** What may stand behind the words so far. */
export interface CompletedCommand {
  /** The words that lead here, of commands alone; none for the program itself. */
  readonly path: readonly string[]
  readonly commands: readonly CompletedWord[]
  readonly options: readonly CompletedOption[]
  /** Of its first argument, and of all that follow. */
  readonly values: Values
}

/** All commands of a program, itself first. Its own options may stand behind each of them. */
export function wordsOf(program: Command): CompletedCommand[] {
  return visit(program, [], [])
}

function visit(
  command: Command,
  path: readonly string[],
  inherited: readonly CompletedOption[],
): CompletedCommand[] {
  const help = command.createHelp()
  const own = help.visibleOptions(command).map(toOption)
  const taken = new Set(own.flatMap(({ flags }) => flags))
  const options = [...own, ...inherited.filter(({ flags }) => !flags.some((flag) => taken.has(flag)))]
  const below = help.visibleCommands(command)
  const found: CompletedCommand = {
    path,
    commands: below.map((each) => ({
      name: each.name(),
      aliases: each.aliases(),
      description: firstLine(each.description()),
    })),
    options,
    values: argumentOf(command),
  }
  const deeper = below.filter((each) => each.name() !== 'help')
  return [found, ...deeper.flatMap((each) => visit(each, [...path, each.name()], options))]
}

function argumentOf({ registeredArguments: [first] }: Command): Values {
  return first === undefined ? 'anything' : valuesOf(first, `<${first.name()}>`)
}

function toOption(option: Option): CompletedOption {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined && flag !== null)
  const takesValue = option.required || option.optional
  return {
    flags,
    description: firstLine(option.description),
    ...(takesValue ? { values: valuesOf(option, option.flags) } : {}),
  }
}

// Nothing else could stand on a command line as it is.
const PLAIN = /^[\w.:@%+/-]+$/

/** By its choices, or by what its placeholder says: `<file>` is a file. */
function valuesOf({ argChoices }: Pick<Argument | Option, 'argChoices'>, placeholder = ''): Values {
  if (argChoices !== undefined) return argChoices.filter((choice) => PLAIN.test(choice))
  if (/[<[](?:folder|dir|directory)\b/i.test(placeholder)) return 'folders'
  if (/[<[](?:file|path)\b/i.test(placeholder)) return 'files'
  return 'anything'
}

const firstLine = (text: string): string => text.split('\n')[0] ?? ''

/** Where a script stands: `/user/add`, and nothing at the program itself. */
export const placeOf = ({ path }: CompletedCommand): string => path.map((word) => `/${word}`).join('')

/** What a word that is typed leads to. */
export interface Step {
  /** The place and the word, each of them. */
  readonly from: readonly string[]
  /** The next place; absent for an option whose value comes next. */
  readonly to?: string
}

/** All steps from the place of a command. */
export function stepsOf(command: CompletedCommand): Step[] {
  const place = placeOf(command)
  const valued = command.options.flatMap(({ flags, values }) => (values === undefined ? [] : flags))
  const steps: Step[] = command.commands.map(({ name, aliases }) => ({
    from: [name, ...aliases].map((word) => `${place} ${word}`),
    to: `${place}/${name}`,
  }))
  return valued.length === 0 ? steps : [...steps, { from: valued.map((flag) => `${place} ${flag}`) }]
}
