import { constants } from 'node:os'
import { type Flags, resolveSettings } from './config/resolve.js'
import type { Settings } from './config/settings.js'
import { EXIT } from './exit-codes.js'
import { exitCodeOf, toFailure } from './failures.js'
import { askHolder } from './holder/ask-holder.js'
import { isFinal } from './log-in.js'
import { makeOutput } from './output/make-output.js'
import { type PeerUse, type PeerWork, withPeer } from './with-peer.js'
import type { PeerWord, Said, Word } from './words/word.js'

/**
 * Runs one word, alone.
 * @returns the exit code
 * @throws BitTrickleError `INVALID_OPTION` for settings that are none
 */
export async function runWord(word: Word, said: Said, flags: Flags): Promise<number> {
  const settings = await resolveSettings(flags, process.env)
  // Whoever reads the results has gone, as `head` does.
  process.stdout.on('error', () => process.exit(128 + constants.signals.SIGPIPE))
  if (word.kind === 'peer') return withPeer(settings, useOf(word, said, settings))
  return runProgramWord(() => word.run(settings, said), settings)
}

async function runProgramWord(run: () => Promise<number | undefined>, settings: Settings): Promise<number> {
  try {
    return (await run()) ?? EXIT.ok
  } catch (error) {
    const failure = toFailure(error, settings.debug)
    makeOutput(settings).failure(failure)
    return failure.exitCode
  }
}

function useOf(word: PeerWord, said: Said, settings: Settings): PeerUse {
  const { name, share, stays = false, quick = false } = word
  const isStaying = stays || said.options.serve === true
  return {
    name,
    share,
    isQuick: quick,
    work: (work) => runPeerWord(word, said, work, settings.json === true),
    ...(isStaying
      ? {}
      : {
          ask: (link, { output, interruption: { signal } }) =>
            askHolder(link, { word, said }, { settings, output, signal }),
        }),
  }
}

async function runPeerWord(
  word: PeerWord,
  said: Said,
  { peer, output, shareDir, shared, interruption }: PeerWork,
  isJson: boolean,
): Promise<number> {
  const { signal } = interruption
  const sentAway = new Promise<never>((_resolve, reject) => {
    peer.on('offline', (reason) => {
      if (isFinal(reason)) reject(reason)
    })
  })
  // Only who stays waits for it.
  sentAway.catch(() => {})
  let told: unknown
  const stay = async (until: Promise<unknown> = new Promise(() => {})): Promise<void> => {
    try {
      await Promise.race([until, sentAway, interruption.came])
    } catch (error) {
      // Of what ends a peer that stays, it has warned.
      told = error
      throw error
    }
    if (signal.aborted) output.note('Goodbye!')
  }
  const context = {
    peer,
    output,
    shareDir,
    cwd: process.cwd(),
    signal,
    shared,
    found: [],
    isShell: false,
    stay,
    noteAlone: (text: string) => output.note(text),
  }
  try {
    return (await word.run(context, said)) ?? EXIT.ok
  } catch (error) {
    if (error === told && !isJson) return exitCodeOf(error)
    throw error
  }
}
