import { resolve } from 'node:path'
import envPaths from 'env-paths'
import { BitTrickleError, KnownServers, type PeerOptions } from '../index.js'
import { EXIT } from './exit-codes.js'
import { openInput } from './input.js'
import { logIn } from './log-in.js'
import { makeProgram, runProgram, untilSignal, wholeNumber } from './program.js'
import { runShell } from './shell.js'
import { printable } from './text.js'

interface PeerFlags {
  readonly classic?: boolean
  readonly share: string
  readonly download: string
  readonly state: string
  readonly host?: string
  readonly port: number
  readonly debug?: boolean
}

/** The program `bittrickle`. Resolves to its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.ok
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
    .option(
      '--port <number>',
      'TCP port that other peers connect to; 0 takes a free one',
      wholeNumber('The port'),
      0,
    )
    .addHelpText(
      'after',
      '\nThe name and the password are asked for, or taken from BITTRICKLE_USERNAME and BITTRICKLE_PASSWORD.',
    )
    .action(async (server: string, flags: PeerFlags) => {
      exitCode = await run(server, flags)
    })
  program
    .command('forget <server>')
    .description('forget the key of an index, HOST:PORT, that was set up anew')
    .action((server: string) => forget(server, program.opts<PeerFlags>().state))
  const failure = await runProgram(program, args)
  return failure === EXIT.ok ? exitCode : failure
}

async function forget(server: string, stateDir: string): Promise<void> {
  const known = new KnownServers(stateDir)
  // The port may be left out where the program itself would fill it in.
  for (const name of [server, `${server}:5331`]) {
    if (!(await known.forget(name))) continue
    process.stdout.write(`Forgot the key of ${printable(name)}; the next one it shows will be trusted.\n`)
    return
  }
  const names = (await known.list()).map((one) => one.server)
  const hint = names.length === 0 ? 'None is known.' : `Known are: ${names.join(', ')}.`
  throw new BitTrickleError('NOT_FOUND', `The key of ${JSON.stringify(server)} is not known. ${hint}`)
}

async function run(server: string, flags: PeerFlags): Promise<number> {
  const shareDir = resolve(flags.share)
  const options: Omit<PeerOptions, 'username' | 'password'> = {
    server,
    shareDir,
    downloadDir: flags.download,
    port: flags.port,
    protocol: flags.classic === true ? 'classic' : 'sealed',
    stateDir: flags.state,
    ...(flags.host === undefined ? {} : { host: flags.host }),
  }
  const input = openInput()
  const end = untilSignal()
  // A signal ends the input, and with it whatever waits for a line.
  void end.signal.then(() => input.close())
  try {
    const peer = await logIn(input, options, process.env)
    if (peer === undefined) {
      process.stderr.write('Not logged in.\n')
      return EXIT.authentication
    }
    await using _closing = peer
    process.stdout.write(
      'Welcome to BitTrickle!\nAvailable commands are: get, lap, lpf, pub, sch, unp, xit\n',
    )
    await Promise.race([runShell({ peer, input, shareDir, debug: flags.debug === true }), end.signal])
    process.stdout.write('Goodbye!\n')
    return EXIT.ok
  } finally {
    end.stop()
    input.close()
  }
}
