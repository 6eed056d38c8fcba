import { join } from 'node:path'
import type { Peer } from '../index.js'
import type { Settings } from './config/settings.js'
import { EXIT } from './exit-codes.js'
import { toFailure } from './failures.js'
import type { HolderLink } from './holder/lease.js'
import { Requests } from './holder/requests.js'
import { Interruption } from './interruption.js'
import { logIn } from './log-in.js'
import { makeOutput } from './output/make-output.js'
import type { ProgramOutput } from './output/program-output.js'
import { firstLine, terminalAsk } from './prompt.js'
import { reportEvents } from './report-events.js'
import type { PeerWord, WordContext } from './words/word.js'

/** What is done with a peer that is logged in. */
export interface PeerWork {
  readonly peer: Peer
  readonly output: ProgramOutput
  readonly shareDir: string
  readonly shared: WordContext['shared']
  readonly username: string
  readonly password: string
  readonly interruption: Interruption
}

/** What a peer is wanted for. */
export interface PeerUse {
  readonly name: string
  readonly share: PeerWord['share']
  /** Whether the peer leaves in a moment. */
  readonly isQuick: boolean
  work(work: PeerWork): Promise<number>
  /**
   * Does it with a program that is logged in already; absent where that will not do.
   * @returns undefined when it has left meanwhile
   */
  ask?(link: HolderLink, work: Pick<PeerWork, 'output' | 'interruption'>): Promise<number | undefined>
}

// Each time another program has come and gone.
const MOST_TRIES = 10

/**
 * Logs in, does something, and logs out. Failures are told, and a signal cuts it short.
 * @returns the exit code
 */
export async function withPeer(settings: Settings, use: PeerUse): Promise<number> {
  const output = makeOutput(settings)
  const interruption = new Interruption()
  try {
    const password = settings.passwordStdin ? await firstLine() : undefined
    for (let tries = 1; ; tries += 1) {
      const code = await tryOnce(settings, tries < MOST_TRIES ? use : { ...use, ask: undefined }, {
        output,
        interruption,
        password,
      })
      if (code !== undefined) return code
    }
  } catch (error) {
    output.close()
    if (interruption.signal.aborted) {
      output.note(
        use.name === 'get'
          ? 'Cut short. What has arrived is kept: say the same again to go on.'
          : 'Cut short.',
      )
      return interruption.codeOr(EXIT.failure)
    }
    const failure = toFailure(error, settings.debug)
    output.failure(failure)
    return failure.exitCode
  } finally {
    output.close()
    interruption.stop()
  }
}

async function tryOnce(
  settings: Settings,
  { name, share, isQuick, work, ask }: Omit<PeerUse, 'ask'> & { readonly ask?: PeerUse['ask'] | undefined },
  {
    output,
    interruption,
    password,
  }: Pick<PeerWork, 'output' | 'interruption'> & { readonly password: string | undefined },
): Promise<number | undefined> {
  const isServing = share === 'serve' || (share === 'named' && settings.origins.share !== 'default')
  // A folder that is not there: what is published stays so, and no file is looked at.
  const shareDir = isServing ? settings.share : join(settings.state, 'nothing-is-shared')
  const requests = new Requests({ pid: process.pid, what: `bittrickle ${name}` })
  const loggedIn = await logIn({
    settings,
    shareDir,
    ask: terminalAsk(),
    password,
    requests,
    mayAsk: ask !== undefined,
    note: (line) => output.note(line),
    onPeer: (opened) => reportEvents(opened, output, isServing),
    signal: interruption.signal,
  })
  if (loggedIn === undefined) {
    output.note('Not logged in.')
    return interruption.codeOr(EXIT.authentication)
  }
  if ('holder' in loggedIn) return ask?.(loggedIn, { output, interruption })
  const { peer } = loggedIn
  try {
    const shared: WordContext['shared'] = new Map()
    requests.begin({
      peer,
      shareDir,
      ...(isServing ? { share: shareDir } : {}),
      download: settings.download,
      isQuick,
      shared,
    })
    return await work({ ...loggedIn, output, shareDir, shared, interruption })
  } finally {
    // Others are not to suffer from what has failed here.
    await requests.end(output, interruption.came)
    await peer.close()
  }
}
