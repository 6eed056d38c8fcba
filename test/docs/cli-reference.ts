import type { EventEmitter } from 'node:events'
import { homedir } from 'node:os'
import { stripVTControlCharacters } from 'node:util'
import type { Argument, Command, Option } from 'commander'
import { peerProgram } from '../../src/cli/bittrickle.js'
import { serverProgram } from '../../src/cli/bittrickle-server.js'

const BEGINNING = `# The command line

<!-- Made by "npm run docs:cli" out of the programs. Do not edit. -->

Passwords come from a prompt, from the environment or from the standard input, and never from a flag, which everybody on the
machine could read. Both programs exit with 0 when all went well, 1 after a failure, 2 for a wrong usage or
configuration, 3 when a login was refused, 4 when something was not found, 5 when something was altered, and 6 when the
network is in the way; cut short by a signal, with 128 and its number.
`

/** The page docs/cli.md. */
export function cliReference(): string {
  return [BEGINNING, ...[peerProgram(), serverProgram()].flatMap((program) => sections(program, []))].join(
    '\n',
  )
}

function sections(command: Command, above: readonly string[]): string[] {
  const names = [...above, command.name()]
  const help = command.createHelp()
  const below = help.visibleCommands(command).filter((each) => each.name() !== 'help')
  const usage = [...above, command.name(), command.usage()].join(' ').trim()
  const own = [
    `${above.length === 0 ? '##' : '###'} ${names.join(' ')}\n`,
    `${sentence(command.description())}\n`,
    `\`\`\`\n${usage}\n\`\`\`\n`,
    ...table('argument', help.visibleArguments(command).map(argumentRow)),
    ...table('option', help.visibleOptions(command).filter(isWorthALine).map(optionRow)),
    ...afterHelp(command),
  ]
  return [...own, ...below.flatMap((each) => sections(each, names))]
}

// Each has them, and they say it themselves.
const isWorthALine = ({ long }: Option): boolean => long !== '--help' && long !== '--version'

const argumentRow = (argument: Argument): [string, string] => [
  argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  withFacts(argument.description, argument),
]

const optionRow = (option: Option): [string, string] => [option.flags, withFacts(option.description, option)]

function withFacts(
  description: string,
  {
    argChoices,
    defaultValue,
    defaultValueDescription,
    envVar,
  }: Pick<Argument, 'argChoices' | 'defaultValue' | 'defaultValueDescription'> & {
    envVar?: string | undefined
  },
): string {
  const facts: string[] = []
  if (argChoices !== undefined && argChoices.length > 0) facts.push(`one of ${argChoices.join(', ')}`)
  const isWorth = defaultValue !== undefined && defaultValue !== false && !isEmptyList(defaultValue)
  if (isWorth) facts.push(`default: ${defaultValueDescription ?? shownDefault(defaultValue)}`)
  if (envVar !== undefined) facts.push(`environment: ${envVar}`)
  return facts.length === 0 ? description : `${description} (${facts.join('; ')})`
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0

const shownDefault = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

function table(heading: string, rows: readonly (readonly [string, string])[]): string[] {
  if (rows.length === 0) return []
  const lines = rows.map(([what, text]) => `| \`${cell(what)}\` | ${cell(text).replaceAll('<', '&lt;')} |`)
  return [`| ${heading} | |\n| --- | --- |\n${lines.join('\n')}\n`]
}

// Those of this machine are of no use to others.
const withoutHome = (text: string): string => text.replaceAll(homedir(), '~')

const cell = (text: string): string => withoutHome(text).replaceAll('|', '\\|').replaceAll('\n', ' ')

function sentence(text: string): string {
  const capital = `${text.charAt(0).toUpperCase()}${text.slice(1)}`
  return withoutHome(capital.endsWith('.') ? capital : `${capital}.`)
}

// What addHelpText() puts behind the help is told to whoever listens.
function afterHelp(command: Command): string[] {
  let text = ''
  // Commander does not type it.
  const emitter = command as Command & Pick<EventEmitter, 'emit'>
  emitter.emit('afterHelp', {
    error: false,
    command,
    write: (more: string) => {
      text += more
    },
  })
  // The exit codes are the same for all, and stand at the beginning.
  const shown = stripVTControlCharacters(text)
    .replace(/\nExit codes:\n(?: .*\n)*/, '')
    .trim()
  return shown === '' ? [] : [`\`\`\`\n${withoutHome(shown)}\n\`\`\`\n`]
}
