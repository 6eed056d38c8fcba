import type { Command } from 'commander'
import envPaths from 'env-paths'
import { addDoctorCommand } from './doctor/doctor-command.js'
import { EXIT } from './exit-codes.js'
import type { PeerFlags } from './peer-actions.js'
import { makeProgram, runProgram, wholeNumber } from './program.js'
import { addCompletionCommand } from './shell-completion/completion-command.js'

/** The program `bittrickle`. Resolves to its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.ok
  const program = peerProgram((code) => {
    exitCode = code
  })
  const failure = await runProgram(program, args)
  return failure === EXIT.ok ? exitCode : failure
}

/** Builds the program, without running it. @param onExitCode - told what to exit with where it is not 0 */
export function peerProgram(onExitCode: (code: number) => void = () => {}): Command {
  const program = makeProgram('bittrickle', 'Share files with your group, machine to machine.')
    .argument(
      '[server]',
      'the index: its bittrickle:// URI, HOST:PORT, HOST, or a port on this machine',
      '5331',
    )
    .option('--classic', 'speak the original plain-text protocol')
    .option('--share <folder>', 'the folder whose files can be published', '.')
    .option('--download <folder>', 'the folder that downloads go to', '.')
    .option(
      '--state <folder>',
      'where the keys are, and what is published',
      envPaths('bittrickle', { suffix: '' }).data,
    )
    .option('--host <address>', 'IP address that other peers connect to')
    .option('--port <number>', 'TCP port that other peers connect to; 0 takes a free one', wholeNumber, 0)
    .addHelpText(
      'after',
      '\nThe name and the password are asked for, or taken from BITTRICKLE_USERNAME and BITTRICKLE_PASSWORD.',
    )
    .action(async (server: string, flags: PeerFlags) => {
      const { openShell } = await import('./peer-actions.js')
      onExitCode(await openShell(server, flags))
    })
  program
    .command('share <server> [folder]')
    .description('publish a folder of the share folder, or all of that, and follow what changes in it')
    .option('--ignore <glob>', 'leave out what fits the pattern; may be given again', collect, [])
    .option('--to <users>', 'let only these users and @groups see it; may be given again', collect, [])
    .action(async (server: string, folder: string | undefined, flags: { ignore: string[]; to: string[] }) => {
      const { shareFolder } = await import('./peer-actions.js')
      onExitCode(await shareFolder(server, folder ?? '.', flags, program.opts<PeerFlags>()))
    })
  program
    .command('forget <server>')
    .description('forget the key of an index, HOST:PORT, that was set up anew')
    .action(async (server: string) => {
      const { forget } = await import('./peer-actions.js')
      await forget(server, program.opts<PeerFlags>().state)
    })
  addDoctorCommand(program, onExitCode)
  addCompletionCommand(program)
  return program
}

const collect = (value: string, before: string[]): string[] => [...before, value]
