import { join } from 'node:path'
import type { Peer } from '../index.js'
import type { Settings } from './config/settings.js'
import { toFailure } from './failures.js'
import { Interruption } from './interruption.js'
import { logIn } from './log-in.js'
import { makeOutput } from './output/make-output.js'
import type { ProgramOutput } from './output/program-output.js'
import { firstLine, terminalAsk } from './prompt.js'
import { reportEvents } from './report-events.js'
import type { PeerWord } from './words/word.js'

/** What is done with a peer that is logged in. */
export interface PeerWork {
  readonly peer: Peer
  readonly output: ProgramOutput
  readonly shareDir: string
  readonly username: string
  readonly password: string
  readonly interruption: Interruption
}

/**
 * Logs in, does something, and logs out. Failures are told, and a signal cuts it short.
 * @returns the exit code
 */
export async function withPeer(
  settings: Settings,
  { what, share }: { readonly what: string; readonly share: PeerWord['share'] },
  work: (work: PeerWork) => Promise<number>,
): Promise<number> {
  const output = makeOutput(settings)
  const interruption = new Interruption()
  const isServing = share === 'serve' || (share === 'named' && settings.origins.share !== 'default')
  // A folder that is not there: what is published stays so, and no file is looked at.
  const shareDir = isServing ? settings.share : join(settings.state, 'nothing-is-shared')
  let peer: Peer | undefined
  try {
    const loggedIn = await logIn({
      settings,
      shareDir,
      ask: terminalAsk(),
      password: settings.passwordStdin ? await firstLine() : undefined,
      what: `bittrickle ${what}`,
      note: (line) => output.note(line),
      onPeer: (opened) => reportEvents(opened, output, isServing),
      signal: interruption.signal,
    })
    if (loggedIn === undefined) {
      output.note('Not logged in.')
      return interruption.codeOr(3)
    }
    peer = loggedIn.peer
    return await work({ ...loggedIn, output, shareDir, interruption })
  } catch (error) {
    if (interruption.signal.aborted) {
      output.note(
        what === 'get' ? 'Cut short. What has arrived is kept: say the same again to go on.' : 'Cut short.',
      )
      return interruption.codeOr(1)
    }
    output.close()
    const failure = toFailure(error, settings.debug)
    output.failure(failure)
    return failure.exitCode
  } finally {
    await peer?.close()
    output.close()
    interruption.stop()
  }
}
