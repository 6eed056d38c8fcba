import { createRequire } from 'node:module'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { EXIT } from './exit-codes.js'

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
    const { describeError, exitCodeOf } = await import('./failures.js')
    process.stderr.write(`${describeError(error, program.opts().debug === true)}\n`)
    return exitCodeOf(error)
  }
}

/** Reads a whole number from the command line. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
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
