import { BitTrickleError, type HashProgress, type Peer, type SearchHit, type SharedFolder } from '../index.js'
import { GET_USAGE, parseGetWords } from './get-words.js'
import { ProgressLine } from './progress.js'
import { parsePublishWords } from './publish-words.js'
import { parseSearchWords, SEARCH_USAGE, tableOf } from './search-words.js'
import { parseShareWords, reportShared } from './share-words.js'
import { counted, formatBytes, printable } from './text.js'

/** What the commands of the shell act on. */
export interface ShellContext {
  readonly peer: Peer
  /** Prints a line of the result. */
  readonly print: (line: string) => void
  /** Tells of something that happens by itself. */
  readonly note: (line: string) => void
  /** Names seen in the last search, which Tab offers to `get`. */
  found: readonly string[]
  /** The folders that are followed, by their names. */
  readonly shared: Map<string, SharedFolder>
  /** What runs, which Ctrl-C gives up. */
  running: { cancel(): void } | undefined
}

/** A command of the shell. */
export interface ShellCommand {
  readonly usage: string
  readonly help: string
  /** How many words follow; absent where there may be options. */
  readonly words?: number
  run(context: ShellContext, word: string, ...more: string[]): Promise<void>
}

/** The original's words and some of our own, and what they do. `help` and `xit` belong to the shell itself. */
export const COMMANDS: Readonly<Record<string, ShellCommand>> = {
  get: {
    usage: GET_USAGE,
    help: 'download a file, or all of a FOLDER/',
    async run(context, ...words) {
      const { name, ...options } = parseGetWords(words)
      const download = context.peer.get(name, options)
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
    usage: 'pub FILE [--to USER,@GROUP]...',
    help: 'publish a file of the share folder, or all of a folder',
    async run(context, ...words) {
      const { path, ...audience } = parsePublishWords(words)
      const givingUp = new AbortController()
      const { signal } = givingUp
      const { name, files } = await withProgress(context, { cancel: () => givingUp.abort() }, (line) => {
        const onProgress = ({ hashed, size }: HashProgress): void => line.show({ transferred: hashed, size })
        return context.peer.publish(path, { ...audience, signal, onProgress })
      })
      const what = files === undefined ? '' : `: ${counted(files.length, 'file', 'files')}`
      context.print(`Published ${printable(name)}${what}`)
    },
  },
  sch: {
    usage: SEARCH_USAGE,
    help: 'list the files of others whose name contains the texts; without any, it tells the options',
    async run(context, ...words) {
      const now = new Date()
      const { query, options, long } = parseSearchWords(words, now)
      const hits: SearchHit[] = []
      for await (const hit of context.peer.search(query, options)) hits.push(hit)
      const names = hits.map(({ name }) => name)
      context.found = names
      if (long && hits.length > 0) for (const line of tableOf(hits, now)) context.print(line)
      else printList(context.print, names, ['file found', 'files found', 'No files found'])
    },
  },
  share: {
    usage: 'share FOLDER [--ignore GLOB]... [--to USER,@GROUP]...',
    help: 'publish a folder, and follow what changes in it',
    async run(context, ...words) {
      const { folder, ...options } = parseShareWords(words)
      const givingUp = new AbortController()
      const { signal } = givingUp
      const shared = await withProgress(context, { cancel: () => givingUp.abort() }, () =>
        context.peer.share(folder, { ...options, signal }),
      )
      context.print(`Sharing ${printable(shared.name)}`)
      reportShared(shared, context.note)
      context.shared.set(shared.name, shared)
      const forget = (): void => {
        context.shared.delete(shared.name)
      }
      shared.done.then(forget, forget)
    },
  },
  unp: {
    usage: 'unp NAME',
    help: 'publish a file no longer, or all of a FOLDER/',
    words: 1,
    async run({ peer, print, shared }, name) {
      // It would come back.
      await shared.get(name)?.close()
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
  const all = [
    ...Object.values(COMMANDS),
    { usage: 'help', help: 'show this' },
    { usage: 'xit', help: 'log out and leave' },
  ]
  const width = Math.max(...all.map(({ usage }) => usage.length))
  return ['Commands:', ...all.map(({ usage, help }) => `  ${usage.padEnd(width)} ${help}`)].join('\n')
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
  if (command.words !== undefined && rest.length !== command.words) {
    const hint = rest.length > command.words ? ' Put quotes around a name with spaces.' : ''
    throw new BitTrickleError('INVALID_OPTION', `Usage: ${command.usage}.${hint}`)
  }
  const [word = '', ...more] = rest
  await command.run(context, word, ...more)
}

function printList(
  print: ShellContext['print'],
  names: readonly string[],
  [one, many, none]: readonly [one: string, many: string, none: string],
): void {
  print(names.length === 0 ? none : `${counted(names.length, one, many)}:`)
  for (const name of names) print(printable(name))
}
