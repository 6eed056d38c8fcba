import { IndexServer } from '../index.js'
import { makeProgram, runProgram, untilSignal, wholeNumber } from './program.js'
import { requestLog } from './request-log.js'
import { addUserCommands } from './user-commands.js'

interface ServerFlags {
  readonly host: string
  readonly credentials: string
  readonly data: string
  readonly classic?: boolean
  readonly classicRemote?: boolean
  readonly heartbeatInterval: number
  readonly heartbeatTimeout: number
  readonly debug?: boolean
}

/** The program `bittrickle-server`. Resolves to its exit code. */
export function main(args: readonly string[]): Promise<number> {
  const program = makeProgram('bittrickle-server', 'The index of a BitTrickle network.')
    .argument('[port]', 'UDP port; 0 takes a free one', wholeNumber('The port'), 5331)
    .option('--host <address>', 'IP address to listen on', '::')
    .option('--credentials <file>', 'accounts, one "username password" a line', 'credentials.txt')
    .option(
      '--data <folder>',
      'where the index keeps its key, the identity that peers hold it to',
      'bittrickle-data',
    )
    .option('--classic', 'speak the original plain-text protocol too, on this machine only')
    .option('--classic-remote', 'take plain text from other machines too: anyone on the way can read it')
    .option(
      '--heartbeat-interval <ms>',
      'how often peers say that they are alive',
      wholeNumber('The interval'),
      2000,
    )
    .option(
      '--heartbeat-timeout <ms>',
      'silence after which they count as gone',
      wholeNumber('The timeout'),
      3000,
    )
    .action(serve)
  addUserCommands(program)
  return runProgram(program, args)
}

async function serve(port: number, flags: ServerFlags): Promise<void> {
  const classic = flags.classicRemote === true ? { allowRemote: true } : flags.classic === true
  await using index = new IndexServer({
    port,
    host: flags.host,
    credentials: flags.credentials,
    dataDir: flags.data,
    classic,
    heartbeat: { interval: flags.heartbeatInterval, timeout: flags.heartbeatTimeout },
    logger: requestLog(process.stdout, flags.debug === true),
  })
  const end = untilSignal()
  try {
    await index.listen()
    process.stdout.write(`The index listens at ${index.uri}\n`)
    await end.signal
    process.stdout.write('The index shuts down.\n')
  } finally {
    end.stop()
  }
}
