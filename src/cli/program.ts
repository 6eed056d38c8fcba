import { createRequire } from 'node:module'
import { Command, CommanderError } from 'commander'
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
