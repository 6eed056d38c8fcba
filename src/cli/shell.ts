import { readdir } from 'node:fs/promises'
import { relative, sep } from 'node:path'
import type { Peer } from '../index.js'
import { COMMANDS, helpText, runCommand, type ShellContext } from './commands.js'
import { makeCompleter, withFolders } from './completion.js'
import { describeError } from './failures.js'
import type { Input } from './input.js'
import { printable, splitCommand } from './text.js'

// Tab looks through the share folder: so many files at the most, since nobody reads more.
const MAX_CANDIDATES = 2000

/** What the shell needs. */
export interface ShellOptions {
  readonly peer: Peer
  readonly input: Input
  readonly shareDir: string
  readonly debug: boolean
}

/** Reads commands and runs them until `xit`, Ctrl-C or the end of the input. */
export async function runShell({ peer, input, shareDir, debug }: ShellOptions): Promise<void> {
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`)
  }
  const context: ShellContext = {
    peer,
    print,
    note: (line) => input.note(line),
    found: [],
    shared: new Map(),
    running: undefined,
  }
  reportEvents(peer, input)
  const completer = makeCompleter([...Object.keys(COMMANDS), 'help', 'xit'], (command) =>
    candidates(command, context, shareDir),
  )
  const onInterrupt = (): 'more' | 'end' => {
    if (context.running === undefined) return 'end'
    context.running.cancel()
    return 'more'
  }
  await input.eachLine((line) => runLine(line, context, debug), { completer, onInterrupt })
}

async function runLine(line: string, context: ShellContext, debug: boolean): Promise<'more' | 'end'> {
  const words = splitCommand(line)
  if (words === undefined) {
    process.stderr.write('A quote is left open.\n')
    return 'more'
  }
  const [command] = words
  if (command === undefined) return 'more'
  if (command === 'xit') return 'end'
  if (command === 'help') {
    context.print(helpText())
    return 'more'
  }
  try {
    await runCommand(context, words)
  } catch (error) {
    process.stderr.write(`${describeError(error, debug)}\n`)
  }
  return 'more'
}

/** Tells what happens by itself. */
export function reportEvents(peer: Peer, input: Input): void {
  peer.on('upload', (upload) => {
    const name = printable(upload.name)
    upload.on('started', () => input.note(`Sending ${name} to ${upload.receiver.host}`))
    upload.done.then(
      () => input.note(`Sent ${name}`),
      (error: Error) => input.note(`Could not send ${name}: ${printable(error.message)}`),
    )
  })
  peer.on('warning', ({ message }) => input.note(printable(message)))
  peer.on('offline', ({ message }) => input.note(`Offline: ${printable(message)}`))
  peer.on('online', () => input.note('Online again.'))
}

async function candidates(
  command: string,
  context: ShellContext,
  shareDir: string,
): Promise<readonly string[]> {
  if (command === 'get') return withFolders(context.found)
  if (command === 'unp') return withFolders((await context.peer.published()).map(({ name }) => name))
  if (command !== 'pub' && command !== 'share') return []
  const entries = await readdir(shareDir, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory() || (entry.isFile() && command === 'pub'))
    .slice(0, MAX_CANDIDATES)
    .map((entry) => {
      const path = relative(shareDir, `${entry.parentPath}${sep}${entry.name}`)
      return entry.isDirectory() ? `${path}${sep}` : path
    })
}
