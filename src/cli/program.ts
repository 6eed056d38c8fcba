import { createRequire } from 'node:module'
import { Command, CommanderError } from 'commander'
import { BitTrickleError } from '../index.js'
import { EXIT, exitCodeOf } from './exit-codes.js'

/** A commander program that reports instead of ending the process. */
export function makeProgram(name: string, description: string): Command {
  // By the package's own name, since the build puts this file where it likes.
  const { version } = createRequire(import.meta.url)('bittrickle/package.json') as { version: string }
  return new Command(name)
    .description(description)
    .version(version)
    .option('--debug', 'show the stack of errors')
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride()
}

/** Runs a program to its exit code: errors become sentences on stderr. */
export async function runProgram(program: Command, args: readonly string[]): Promise<number> {
  try {
    await program.parseAsync(args, { from: 'user' })
    return EXIT.ok
  } catch (error) {
    // Help, version and usage errors have been printed.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    reportError(error, program.opts().debug === true)
    return exitCodeOf(error)
  }
}

/** Says on stderr what went wrong. */
export function reportError(error: unknown, debug = false): void {
  process.stderr.write(`${describeError(error, debug)}\n`)
}

/** What went wrong, as a sentence; with `debug`, where. */
export function describeError(error: unknown, debug: boolean): string {
  if (debug && error instanceof Error) return error.stack ?? error.message
  if (error instanceof BitTrickleError) return error.message
  return `Unexpected failure: ${error instanceof Error ? error.message : String(error)} (--debug shows where)`
}

/** Reads a whole number from the command line. */
export function wholeNumber(what: string): (text: string) => number {
  return (text) => {
    if (!/^\d+$/.test(text)) {
      throw new BitTrickleError(
        'INVALID_OPTION',
        `${what} must be a whole number; received ${JSON.stringify(text)}.`,
      )
    }
    return Number(text)
  }
}

/** A promise for the first of the signals that ask a program to end. */
export function untilSignal(): { readonly signal: Promise<NodeJS.Signals>; stop(): void } {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  let end: (signal: NodeJS.Signals) => void = () => {}
  const signal = new Promise<NodeJS.Signals>((resolve) => {
    end = resolve
  })
  for (const name of signals) process.on(name, end)
  const stop = (): void => {
    for (const name of signals) process.off(name, end)
  }
  return { signal, stop }
}
