import { CommanderError } from 'commander'
import pc from 'picocolors'
import type { Flags } from './config/resolve.js'
import { type Failure, failureText, toFailure } from './failures.js'
import { hasColors } from './output/program-output.js'

/**
 * Tells of the failure that ends a program.
 * @returns the exit code
 */
export function reportFailure(error: unknown, flags: Flags, environment: NodeJS.ProcessEnv): number {
  const failure = toFailure(error, flags.debug === true)
  // What was set in a file is of no use where that cannot be read.
  const json = flags.json === true || ['1', 'true', 'yes'].includes(environment.BITTRICKLE_JSON ?? '')
  const shown: Failure =
    error instanceof CommanderError ? { ...failure, hint: '--help shows what there is.' } : failure
  const colors = pc.createColors(
    typeof flags.color === 'boolean' ? flags.color : hasColors(process.stderr, environment),
  )
  process.stderr.write(`${json ? JSON.stringify(shown) : failureText(shown, colors)}\n`)
  return failure.exitCode
}
