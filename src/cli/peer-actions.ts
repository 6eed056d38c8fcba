import { resolve } from 'node:path'
import { BitTrickleError, KnownServers, type Peer, type PeerOptions, type SharedFolder } from '../index.js'
import { EXIT } from './exit-codes.js'
import { exitCodeOf } from './failures.js'
import { type Input, openInput } from './input.js'
import { logIn } from './log-in.js'
import { untilSignal } from './program.js'
import { parseAudience, reportShared } from './share-words.js'
import { reportEvents, runShell } from './shell.js'
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

/** What is done with a peer that is logged in. */
interface PeerWork {
  readonly peer: Peer
  readonly input: Input
  readonly shareDir: string
  /** A signal has asked the program to end. */
  readonly end: Promise<unknown>
}

async function withPeer(
  server: string,
  flags: PeerFlags,
  work: (work: PeerWork) => Promise<number>,
): Promise<number> {
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
    const code = await work({ peer, input, shareDir, end: end.signal })
    if (code === EXIT.ok) process.stdout.write('Goodbye!\n')
    return code
  } finally {
    end.stop()
    input.close()
  }
}

/** Logs in and runs the shell until it ends. Resolves to the exit code. */
export function openShell(server: string, flags: PeerFlags): Promise<number> {
  return withPeer(server, flags, async ({ end, ...shell }) => {
    process.stdout.write(
      'Welcome to BitTrickle!\nAvailable commands are: get, lap, lpf, pub, sch, share, unp, xit\n',
    )
    await Promise.race([runShell({ ...shell, debug: flags.debug === true }), end])
    return EXIT.ok
  })
}

/** Logs in and shares a folder until a signal ends it. Resolves to the exit code. */
export function shareFolder(
  server: string,
  folder: string,
  { ignore, to }: { readonly ignore: readonly string[]; readonly to: readonly string[] },
  flags: PeerFlags,
): Promise<number> {
  return withPeer(server, flags, async ({ peer, input, end }) => {
    const print = (line: string): void => {
      process.stdout.write(`${line}\n`)
    }
    reportEvents(peer, input)
    const giveUp = new AbortController()
    void end.then(() => giveUp.abort())
    const users = to.flatMap(parseAudience)
    const audience = users.length === 0 ? {} : { to: users }
    let shared: SharedFolder
    try {
      shared = await peer.share(folder, { ignore, ...audience, signal: giveUp.signal })
    } catch (error) {
      if (giveUp.signal.aborted) return EXIT.ok
      throw error
    }
    print(`Sharing ${printable(shared.name)}`)
    reportShared(shared, print)
    // Of a folder that is lost from now on the peer has warned.
    return Promise.race([shared.done, end]).then(() => EXIT.ok, exitCodeOf)
  })
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
