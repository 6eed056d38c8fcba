import { resolve } from 'node:path'
import { BitTrickleError, KnownServers, type PeerOptions } from '../index.js'
import { EXIT } from './exit-codes.js'
import { openInput } from './input.js'
import { logIn } from './log-in.js'
import { untilSignal } from './program.js'
import { runShell } from './shell.js'
import { printable } from './text.js'

/** The flags of `bittrickle`. */
export interface PeerFlags {
  readonly classic?: boolean
  readonly share: string
  readonly download: string
  readonly state: string
  readonly host?: string
  readonly port: number
  readonly debug?: boolean
}

/** Logs in and runs the shell until it ends. Resolves to the exit code. */
export async function share(server: string, flags: PeerFlags): Promise<number> {
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

/** Forgets the key of an index. */
export async function forget(server: string, stateDir: string): Promise<void> {
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
