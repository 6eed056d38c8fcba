import { BitTrickleError, type ErrorCode, Peer, type PeerOptions } from '../index.js'
import { findSecret } from './config/keyring.js'
import type { Settings } from './config/settings.js'
import { type HolderLink, heldBy, Lease } from './holder/lease.js'
import type { Requests } from './holder/requests.js'
import type { Ask } from './prompt.js'

/** How to log in. */
export interface LogInOptions {
  readonly settings: Settings
  /** Where the peer serves from. */
  readonly shareDir: string
  /** Absent: nobody can be asked. */
  readonly ask: Ask | undefined
  /** The password, where it was said in another way than by an answer. */
  readonly password: string | undefined
  /** What other programs of the user want while this one is logged in. */
  readonly requests: Requests
  /** Whether a program that is logged in already will do; else it is a failure that there is one. */
  readonly mayAsk: boolean
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
 * @returns undefined when there was no answer; where that will do, the program that is logged in already
 * @throws BitTrickleError of the login, where there is no use in asking again; `NOT_LOGGED_IN` when nobody can be asked
 */
export async function logIn(options: LogInOptions): Promise<LoggedIn | HolderLink | undefined> {
  const { settings, ask, note } = options
  const { BITTRICKLE_PASSWORD = '' } = settings.environment
  let known = options.password ?? (BITTRICKLE_PASSWORD === '' ? undefined : BITTRICKLE_PASSWORD)
  let isKept = known === undefined && settings.keyring === true
  for (;;) {
    const username = settings.username ?? (await answer(ask, 'User name:'))
    if (username === undefined) return undefined
    // Nobody types a password for nothing.
    const lease = await takeLease(options, username)
    if (!(lease instanceof Lease)) return lease
    try {
      if (isKept) known = await findSecret({ server: settings.server, username })
      const password = known ?? (await answer(ask, 'Password:', { hidden: true }))
      if (password !== undefined) {
        return { peer: await open(options, username, password, lease), username, password }
      }
      lease.release()
      return undefined
    } catch (error) {
      lease.release()
      // It may have been changed since: whoever sits there knows the new one.
      if (isKept) known = undefined
      isKept = false
      const isAsked = settings.username === undefined || known === undefined
      if (!isAsked || ask === undefined || !isWorthAnotherTry(error) || options.signal.aborted) throw error
      note(error.message)
    }
  }
}

const isWorthAnotherTry = (error: unknown): error is BitTrickleError =>
  error instanceof BitTrickleError && WORTH_ANOTHER_TRY.includes(error.code)

async function takeLease(
  { settings, requests, mayAsk }: LogInOptions,
  username: string,
): Promise<Lease | HolderLink> {
  const { state: stateDir, server } = settings
  const onVisitor = requests.visit.bind(requests)
  const lease = await Lease.take({ stateDir, username, server, onVisitor })
  if (lease instanceof Lease || mayAsk) return lease
  lease.messages.close()
  throw heldBy(username, lease.holder)
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
  lease: Lease,
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
