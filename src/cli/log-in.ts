import { BitTrickleError, type ErrorCode, Peer, type PeerOptions } from '../index.js'
import { findSecret } from './config/keyring.js'
import type { Settings } from './config/settings.js'
import type { Ask } from './prompt.js'
import { SessionLease } from './session-lease.js'

/** How to log in. */
export interface LogInOptions {
  readonly settings: Settings
  /** Where the peer serves from; absent: from nowhere. */
  readonly shareDir: string
  /** Absent: nobody can be asked. */
  readonly ask: Ask | undefined
  /** The password, where it was said in another way than by an answer. */
  readonly password: string | undefined
  /** What the program was told to do, for others who want to log in. */
  readonly what: string
  /** Tells why it is asked again. */
  readonly note: (line: string) => void
  /** Called with each peer before it logs in. */
  readonly onPeer: (peer: Peer) => void
  /** Aborted when the program is to end. */
  readonly signal: AbortSignal
}

/** A peer that is logged in. */
export interface LoggedIn {
  readonly peer: Peer
  readonly username: string
  readonly password: string
}

// The index has sent the peer away, or takes it no more: it does not come back, so another program may.
const FINAL: readonly ErrorCode[] = [
  'AUTHENTICATION_FAILED',
  'SERVER_KEY_CHANGED',
  'UNSUPPORTED_VERSION',
  'FORBIDDEN',
  'SESSION_REPLACED',
]
const WORTH_ANOTHER_TRY: readonly ErrorCode[] = [
  'AUTHENTICATION_FAILED',
  'ALREADY_ACTIVE',
  'RATE_LIMITED',
  'INVALID_OPTION',
]

/** Whether the index has ended a session for good. */
export const isFinal = (error: unknown): boolean =>
  error instanceof BitTrickleError && FINAL.includes(error.code)

/**
 * Asks for a name and a password until the index takes them. What was said already is not asked for, and not tried twice.
 *
 * @returns undefined when there was no answer
 * @throws BitTrickleError of the login, where there is no use in asking again; `NOT_LOGGED_IN` when nobody can be asked
 */
export async function logIn(options: LogInOptions): Promise<LoggedIn | undefined> {
  const { settings, ask, note } = options
  let known = options.password ?? (await rememberedPassword(settings))
  for (;;) {
    const username = settings.username ?? (await answer(ask, 'User name:'))
    if (username === undefined) return undefined
    const isFixed = settings.username !== undefined && known !== undefined
    try {
      // Nobody types a password for nothing.
      const lease = await SessionLease.take({
        stateDir: settings.state,
        username,
        server: settings.server,
        what: options.what,
      })
      try {
        const password = known ?? (await answer(ask, 'Password:', { hidden: true }))
        if (password !== undefined)
          return { peer: await open(options, username, password, lease), username, password }
      } catch (error) {
        lease.release()
        throw error
      }
      lease.release()
      return undefined
    } catch (error) {
      const isAsked = error instanceof BitTrickleError && WORTH_ANOTHER_TRY.includes(error.code)
      if (isFixed || ask === undefined || !isAsked || options.signal.aborted) throw error
      // The same name again is of no use where the name is what is wrong with it.
      if (settings.username !== undefined && error.code === 'ALREADY_ACTIVE') throw error
      note(error.message)
      if (options.password === undefined) known = undefined
    }
  }
}

async function rememberedPassword({
  environment,
  keyring,
  ...settings
}: Settings): Promise<string | undefined> {
  const { BITTRICKLE_PASSWORD = '' } = environment
  if (BITTRICKLE_PASSWORD !== '') return BITTRICKLE_PASSWORD
  if (keyring !== true || settings.username === undefined) return undefined
  return findSecret({ server: settings.server, username: settings.username })
}

function answer(
  ask: Ask | undefined,
  question: string,
  options?: { readonly hidden?: boolean },
): Promise<string | undefined> {
  if (ask !== undefined) return ask(question, options)
  const [what, how] =
    options?.hidden === true
      ? ['password', 'set BITTRICKLE_PASSWORD, or say --password-stdin']
      : ['user name', 'say --username NAME, or set BITTRICKLE_USERNAME']
  throw new BitTrickleError(
    'NOT_LOGGED_IN',
    `There is no ${what}, and no terminal to ask on: ${how}, or let "bittrickle login" remember it.`,
  )
}

async function open(
  { settings, shareDir, onPeer, signal }: LogInOptions,
  username: string,
  password: string,
  lease: SessionLease,
): Promise<Peer> {
  const peer = new Peer({ ...peerOptions(settings), shareDir, username, password })
  const close = (): void => void peer.close()
  peer.on('close', () => lease.release())
  peer.on('offline', (reason) => {
    if (isFinal(reason)) lease.release()
  })
  onPeer(peer)
  signal.addEventListener('abort', close)
  try {
    signal.throwIfAborted()
    await peer.login()
    return peer
  } catch (error) {
    await peer.close()
    throw error
  } finally {
    signal.removeEventListener('abort', close)
  }
}

function peerOptions(settings: Settings): Omit<PeerOptions, 'username' | 'password'> {
  const { server, download, state, port, classic, host, uploadRate, downloadRate, uploadSlots } = settings
  const optional = Object.entries({ host, uploadRate, downloadRate, uploadSlots })
  return {
    server,
    downloadDir: download,
    stateDir: state,
    port,
    protocol: classic === true ? 'classic' : 'sealed',
    ...Object.fromEntries(optional.filter(([, value]) => value !== undefined)),
  }
}
