import { stripVTControlCharacters } from 'node:util'
import { type Command, Help } from 'commander'
import { usageOf } from './words/to-command.js'
import type { Word } from './words/word.js'

const EXIT_CODES = `Exit codes:
  0  it worked            4  there is no such thing
  1  it failed            5  bytes are not what they should be
  2  wrong words          6  the network, or try again later
  3  who may do what      128 + N  cut short by signal N`

/** Help as a manual page has it: the name and what it is, how it is used, what can be said, examples, exit codes, files. */
export function addHelp(command: Command, path: string, word?: Word): void {
  command.configureHelp({
    showGlobalOptions: true,
    sortOptions: false,
    formatHelp: (cmd, helper) => {
      // The help of the class, without the sentence that stands in the first line here.
      const body = Help.prototype.formatHelp.call(helper, cmd, helper)
      return `${path.replace(' ', '-')} - ${cmd.summary() || cmd.description()}\n\n${wordsFirst(cmd, body)}`
    },
    commandDescription: () => word?.notes?.join('\n\n') ?? '',
    commandUsage: () => (word === undefined ? `${path} [options] [word | server] ...` : usageOf(word, path)),
    subcommandTerm: (sub) => [sub.name(), ...sub.aliases()].join(', '),
    styleTitle: bold,
  })
  const examples = (word?.examples ?? PROGRAM_EXAMPLES).map(([words, about]) => {
    const line = `${path} ${words}`.trimEnd()
    return `  ${line}\n      ${about}`
  })
  command.addHelpText(
    'after',
    `\n${bold('Examples:')}\n${examples.join('\n')}\n\n${withBoldTitle(EXIT_CODES)}`,
  )
}

// What there is to do is looked for more often than an option that goes with all of it.
function wordsFirst(command: Command, body: string): string {
  const groups = new Set(command.commands.map((sub) => sub.helpGroup()))
  const sections = body.trimEnd().split('\n\n')
  const isOfWords = (section: string): boolean =>
    groups.has(stripVTControlCharacters(section.split('\n')[0] ?? ''))
  const options = sections.findIndex((section) => stripVTControlCharacters(section).startsWith('Options:'))
  const before = sections.slice(0, options).filter((section) => !isOfWords(section))
  const after = sections.slice(options).filter((section) => !isOfWords(section))
  return `${[...before, ...sections.filter(isOfWords), ...after].join('\n\n')}\n`
}

const PROGRAM_EXAMPLES: Word['examples'] = [
  ["login 'bittrickle://index.example:5331?key=…'", 'remember the index and the user'],
  ['publish talks --serve', 'publish a folder, and stay for those who want it'],
  ['search keynote', 'what others have'],
  ['get talks/keynote.mp4', 'download it'],
  ['', 'a shell for all of this'],
]

/** What the help of the program says of the files. */
export function filesText(config: string, state: string): string {
  return `\n${bold('Files:')}
  ${config}
      settings, as JSON: the options above by their names ("uploadRate": "2M")
  ${state}
      the device key, the keys of the indexes, and what is published

A flag is stronger than the environment, that than the configuration file, and that than the default.
"bittrickle <word> --help" tells of a word.`
}

// Commander takes the escapes away where there are to be no colours.
function bold(text: string): string {
  return `\x1b[1m${text}\x1b[22m`
}

const withBoldTitle = (text: string): string => text.replace(/^.*:/, (title) => bold(title))
