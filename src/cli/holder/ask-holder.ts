import { BitTrickleError } from '../../index.js'
import type { Settings } from '../config/settings.js'
import type { Output } from '../output/output.js'
import type { PeerWord, Said } from '../words/word.js'
import { type HolderLink, heldBy } from './lease.js'
import type { Ready, Reply } from './messages.js'

// It may be logging in just now. Where it waits for somebody to type a password, that may take for ever.
const LOGIN_MS = 10_000

/**
 * Has the program that is logged in do something, as if it were done here.
 *
 * @returns the exit code; undefined when that program was about to leave, and this one can log in by itself
 * @throws BitTrickleError `ALREADY_ACTIVE` when it cannot do this for us; `CLOSED` when it has ended half-way
 */
export async function askHolder(
  { holder, messages }: HolderLink,
  { word, said }: { readonly word: PeerWord; readonly said: Said },
  {
    settings,
    output,
    signal,
  }: { readonly settings: Settings; readonly output: Output; readonly signal: AbortSignal },
): Promise<number | undefined> {
  const username = settings.username ?? 'The user'
  const close = (): void => messages.close()
  signal.addEventListener('abort', close)
  try {
    const ready = await untilReady(messages)
    signal.throwIfAborted()
    if (ready === 'late') throw heldBy(username, holder, 'It is only logging in itself. ')
    if (ready === undefined) return undefined
    // A search that is as good as over must not have to wait for a long download.
    if (ready.isQuick && word.quick !== true) {
      await messages.next()
      signal.throwIfAborted()
      return undefined
    }
    const difference = differenceOf(word, settings, ready)
    if (difference !== undefined) throw heldBy(username, holder, difference)
    messages.send({ word: word.name, said, cwd: process.cwd(), debug: settings.debug })
    let hasBegun = false
    for (;;) {
      const reply = await messages.next<Reply>()
      signal.throwIfAborted()
      if (reply === undefined) {
        if (!hasBegun) return undefined
        const message = `Process ${holder.pid} (${holder.what}), which was doing this, has ended. Say it again.`
        throw new BitTrickleError('CLOSED', message, { retryable: true })
      }
      hasBegun = true
      if ('hasBegun' in reply) continue
      if ('exitCode' in reply) return reply.exitCode
      if ('failure' in reply) {
        output.failure(reply.failure)
        return reply.failure.exitCode
      }
      if ('question' in reply) messages.send({ answer: await output.confirm(reply.question, signal) })
      else (output[reply.call] as (...args: readonly unknown[]) => void)(...reply.args)
    }
  } finally {
    signal.removeEventListener('abort', close)
    messages.close()
  }
}

async function untilReady(messages: HolderLink['messages']): Promise<Ready | 'late' | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), LOGIN_MS)
  })
  try {
    return await Promise.race([messages.next<Ready>(), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Why the other program's peer will not do: it has its folders for as long as it runs. */
function differenceOf(word: PeerWord, settings: Settings, { share, download }: Ready): string | undefined {
  if (word.share === 'serve' && share !== settings.share) {
    return share === undefined ? 'It shares nothing. ' : `It shares ${share}, not ${settings.share}. `
  }
  if (word.name === 'get' && download !== settings.download) {
    return `It downloads to ${download}, not to ${settings.download}. `
  }
  return undefined
}
