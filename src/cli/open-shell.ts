import type { Peer } from '../index.js'
import type { Settings } from './config/settings.js'
import { EXIT } from './exit-codes.js'
import { Requests } from './holder/requests.js'
import { openInput } from './input.js'
import { Interruption } from './interruption.js'
import { logIn } from './log-in.js'
import { makeOutput } from './output/make-output.js'
import { reportEvents } from './report-events.js'
import { runShell } from './shell.js'
import { usageError } from './usage.js'
import type { WordContext } from './words/word.js'

/** Logs in and runs the shell until it ends. Resolves to the exit code. */
export async function openShell(settings: Settings, server = settings.server): Promise<number> {
  if (settings.passwordStdin && process.stdin.isTTY === true) {
    throw usageError('--password-stdin needs a password on stdin, which is the terminal here')
  }
  const input = openInput()
  const interruption = new Interruption()
  // A signal ends the input, and with it whatever waits for a line.
  void interruption.came.then(() => input.close())
  const output = makeOutput(settings, {
    note: (line) => input.note(line),
    confirm: (question, signal) => input.confirm(question, signal),
  })
  const requests = new Requests({ pid: process.pid, what: 'bittrickle shell' })
  const shared: WordContext['shared'] = new Map()
  let peer: Peer | undefined
  try {
    const loggedIn = await logIn({
      settings: { ...settings, server },
      shareDir: settings.share,
      ask: (question, options) => input.ask(question, options),
      password: settings.passwordStdin ? await input.ask('Password:', { hidden: true }) : undefined,
      requests,
      mayAsk: false,
      note: (line) => input.note(line),
      onPeer: (opened) => reportEvents(opened, output, true),
      signal: interruption.signal,
    })
    if (loggedIn === undefined || 'holder' in loggedIn) {
      input.note('Not logged in.')
      return EXIT.authentication
    }
    peer = loggedIn.peer
    const { share, download } = settings
    requests.begin({ peer, shareDir: share, share, download, isQuick: false, shared })
    await Promise.race([runShell({ peer, input, output, settings, shared }), interruption.came])
    await requests.end(output, interruption.came)
    await peer.close()
    say(settings, 'Goodbye!')
    return EXIT.ok
  } finally {
    await peer?.close()
    output.close()
    interruption.stop()
    input.close()
  }
}

/** What the shell says of itself, apart from results where those are data. */
export function say({ json }: Settings, line: string): void {
  const stream = json === true ? process.stderr : process.stdout
  stream.write(`${line}\n`)
}
