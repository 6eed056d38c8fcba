import { addAuditCommands } from './audit-commands.js'
import { makeProgram, runProgram, wholeNumber } from './program.js'
import type { ServerFlags } from './serve.js'
import { addUserCommands } from './user-commands.js'

/** The program `bittrickle-server`. Resolves to its exit code. */
export function main(args: readonly string[]): Promise<number> {
  const program = makeProgram('bittrickle-server', 'The index of a BitTrickle network.')
    .argument('[port]', 'UDP port; 0 takes a free one', wholeNumber, 5331)
    .option('--host <address>', 'IP address to listen on', '::')
    .option('--credentials <file>', 'accounts, one "username password" a line', 'credentials.txt')
    .option(
      '--data <folder>',
      'where the index keeps its key, the identity that peers hold it to',
      'bittrickle-data',
    )
    .option('--audit <file>', 'write who did what into this file; "audit verify" checks it')
    .option('--classic', 'speak the original plain-text protocol too, on this machine only')
    .option('--classic-remote', 'take plain text from other machines too: anyone on the way can read it')
    .option('--heartbeat-interval <ms>', 'how often peers say that they are alive', wholeNumber, 2000)
    .option('--heartbeat-timeout <ms>', 'silence after which they count as gone', wholeNumber, 3000)
    .action(async (port: number, flags: ServerFlags) => {
      const { serve } = await import('./serve.js')
      await serve(port, flags)
    })
  addUserCommands(program)
  addAuditCommands(program)
  return runProgram(program, args)
}
