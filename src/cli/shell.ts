import type { Peer } from '../index.js'
import { makeCompleter } from './completion.js'
import type { Settings } from './config/settings.js'
import { EXIT } from './exit-codes.js'
import { type Failure, toFailure } from './failures.js'
import type { Input } from './input.js'
import { say } from './open-shell.js'
import type { ProgramOutput } from './output/program-output.js'
import { candidatesFor } from './shell-candidates.js'
import { helpText, runLine } from './shell-words.js'
import { splitCommand } from './text.js'
import { SHELL_WORDS } from './words/index.js'
import type { WordContext } from './words/word.js'

/** What the shell needs. */
export interface ShellOptions {
  readonly peer: Peer
  readonly input: Input
  readonly output: ProgramOutput
  readonly settings: Settings
  readonly shared: WordContext['shared']
}

const GIVEN_UP: Failure = { code: 'ABORTED', message: 'Given up.', exitCode: EXIT.failure }

/** Reads commands and runs them until `xit`, Ctrl-C or the end of the input. */
export async function runShell({ peer, input, output, settings, shared }: ShellOptions): Promise<void> {
  say(settings, 'Welcome to BitTrickle!')
  say(settings, 'Available commands are: get, lap, lpf, pub, sch, share, unp, xit; "help" tells more.')
  const state: Pick<WordContext, 'found'> & { running: AbortController | undefined } = {
    found: [],
    running: undefined,
  }
  const names = SHELL_WORDS.flatMap(({ name, aliases = [] }) => [name, ...aliases])
  const completer = makeCompleter([...new Set([...names, 'help', 'xit'])], (command) =>
    candidatesFor(command, { peer, found: state.found, shareDir: settings.share }),
  )

  const handle = async (line: string): Promise<'more' | 'end'> => {
    const words = splitCommand(line)
    if (words === undefined) {
      output.failure({ code: 'INVALID_OPTION', message: 'A quote is left open.', exitCode: EXIT.usage })
      return 'more'
    }
    const [command] = words
    if (command === undefined) return 'more'
    if (command === 'xit') return 'end'
    if (command === 'help' && words.length === 1) {
      say(settings, helpText())
      return 'more'
    }
    const running = new AbortController()
    state.running = running
    try {
      const context: WordContext = {
        peer,
        output,
        shareDir: settings.share,
        cwd: process.cwd(),
        signal: running.signal,
        shared,
        isShell: true,
        get found() {
          return state.found
        },
        set found(names) {
          state.found = names
        },
        stay: async (until) => {
          // It goes on by itself; when it cannot, the peer warns.
          until?.catch(() => {})
        },
        noteAlone: () => {},
      }
      await runLine(context, words, (text) => say(settings, text))
    } catch (error) {
      output.close()
      // What was given up in between says no more than that.
      if (running.signal.aborted && (error as Error).name === 'AbortError') output.failure(GIVEN_UP)
      else output.failure(toFailure(error, settings.debug))
    } finally {
      state.running = undefined
    }
    return 'more'
  }

  const onInterrupt = (): 'more' | 'end' => {
    if (state.running === undefined) return 'end'
    state.running.abort()
    return 'more'
  }
  await input.eachLine(handle, { completer, onInterrupt })
}
