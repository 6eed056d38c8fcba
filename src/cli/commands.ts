import { BitTrickleError, type HashProgress, type Peer } from '../index.js'
import { ProgressLine } from './progress.js'
import { counted, formatBytes, printable } from './text.js'

/** What the commands of the shell act on. */
export interface ShellContext {
  readonly peer: Peer
  /** Prints a line of the result. */
  readonly print: (line: string) => void
  /** Names seen in the last search, which Tab offers to `get`. */
  found: readonly string[]
  /** What runs, which Ctrl-C gives up. */
  running: { cancel(): void } | undefined
}

/** A command of the shell. */
export interface ShellCommand {
  readonly usage: string
  readonly help: string
  /** How many words follow. */
  readonly words: number
  run(context: ShellContext, word: string): Promise<void>
}

/** The original's words, and what they do. `help` and `xit` belong to the shell itself. */
export const COMMANDS: Readonly<Record<string, ShellCommand>> = {
  get: {
    usage: 'get NAME',
    help: 'download a file, or all of a FOLDER/',
    words: 1,
    async run(context, name) {
      const download = context.peer.get(name)
      const { path, size, files } = await withProgress(context, download, (line) => {
        download.on('progress', (progress) => line.show(progress))
        return download.done
      })
      const what = files === undefined ? [] : [counted(files.length, 'file', 'files')]
      context.print(`Downloaded ${printable(name)}: ${[...what, formatBytes(size)].join(', ')}, at ${path}`)
    },
  },
  lap: {
    usage: 'lap',
    help: 'list the active peers',
    words: 0,
    async run({ peer, print }) {
      const names = (await peer.peers()).map(({ username }) => username)
      printList(print, names, ['active peer', 'active peers', 'No active peers'])
    },
  },
  lpf: {
    usage: 'lpf',
    help: 'list the files you publish',
    words: 0,
    async run({ peer, print }) {
      const names = (await peer.published()).map(({ name }) => name)
      printList(print, names, ['file published', 'files published', 'No files published'])
    },
  },
  pub: {
    usage: 'pub FILE',
    help: 'publish a file of the share folder, or all of a folder',
    words: 1,
    async run(context, path) {
      const givingUp = new AbortController()
      const { signal } = givingUp
      const { name, files } = await withProgress(context, { cancel: () => givingUp.abort() }, (line) => {
        const onProgress = ({ hashed, size }: HashProgress): void => line.show({ transferred: hashed, size })
        return context.peer.publish(path, { signal, onProgress })
      })
      const what = files === undefined ? '' : `: ${counted(files.length, 'file', 'files')}`
      context.print(`Published ${printable(name)}${what}`)
    },
  },
  sch: {
    usage: 'sch TEXT',
    help: 'list the files of others whose name contains the text',
    words: 1,
    async run(context, query) {
      const names: string[] = []
      for await (const { name } of context.peer.search(query, { matchCase: true })) names.push(name)
      context.found = names
      printList(context.print, names, ['file found', 'files found', 'No files found'])
    },
  },
  unp: {
    usage: 'unp NAME',
    help: 'publish a file no longer, or all of a FOLDER/',
    words: 1,
    async run({ peer, print }, name) {
      await peer.unpublish(name)
      print(`Unpublished ${printable(name)}`)
    },
  },
}

/** Runs something that may take long: shows how far it is, and lets Ctrl-C give it up. */
async function withProgress<T>(
  context: ShellContext,
  running: { cancel(): void },
  run: (line: ProgressLine) => Promise<T>,
): Promise<T> {
  const line = new ProgressLine(process.stderr)
  context.running = running
  try {
    return await run(line)
  } finally {
    line.stop()
    context.running = undefined
  }
}

/** The text of `help`. */
export function helpText(): string {
  const lines = Object.values(COMMANDS).map(({ usage, help }) => `  ${usage.padEnd(10)} ${help}`)
  return ['Commands:', ...lines, '  help       show this', '  xit        log out and leave'].join('\n')
}

/**
 * Runs a command.
 * @throws BitTrickleError `INVALID_OPTION` for an unknown command or a wrong number of words
 */
export async function runCommand(context: ShellContext, words: readonly string[]): Promise<void> {
  const [name = '', ...rest] = words
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    const known = [...Object.keys(COMMANDS), 'help', 'xit'].join(', ')
    throw new BitTrickleError('INVALID_OPTION', `Unknown command "${printable(name)}". There are: ${known}.`)
  }
  if (rest.length !== command.words) {
    const hint = rest.length > command.words ? ' Put quotes around a name with spaces.' : ''
    throw new BitTrickleError('INVALID_OPTION', `Usage: ${command.usage}.${hint}`)
  }
  await command.run(context, rest[0] ?? '')
}

function printList(
  print: ShellContext['print'],
  names: readonly string[],
  [one, many, none]: readonly [one: string, many: string, none: string],
): void {
  print(names.length === 0 ? none : `${counted(names.length, one, many)}:`)
  for (const name of names) print(printable(name))
}
