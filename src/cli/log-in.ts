import { BitTrickleError, Peer, type PeerOptions } from '../index.js'
import type { Input } from './input.js'

/**
 * Asks for a name and a password until the index takes them. What the environment gives
 * (`BITTRICKLE_USERNAME`, `BITTRICKLE_PASSWORD`) is not asked for, and not tried twice.
 *
 * @returns a peer that is logged in; undefined when the input ended
 * @throws BitTrickleError of the login, where there is no use in asking again
 */
export async function logIn(
  input: Input,
  options: Omit<PeerOptions, 'username' | 'password'>,
  environment: NodeJS.ProcessEnv,
): Promise<Peer | undefined> {
  const { BITTRICKLE_USERNAME: knownName, BITTRICKLE_PASSWORD: knownPassword } = environment
  for (;;) {
    const username = knownName ?? (await input.ask('User name:'))
    if (username === undefined) return undefined
    const password = knownPassword ?? (await input.ask('Password:', { hidden: true }))
    if (password === undefined) return undefined
    try {
      return await tryLogIn({ ...options, username, password })
    } catch (error) {
      const isFixed = knownName !== undefined && knownPassword !== undefined
      if (isFixed || !isWorthAnotherTry(error)) throw error
      input.note((error as Error).message)
    }
  }
}

async function tryLogIn(options: PeerOptions): Promise<Peer> {
  const peer = new Peer(options)
  try {
    await peer.login()
    return peer
  } catch (error) {
    await peer.close()
    throw error
  }
}

function isWorthAnotherTry(error: unknown): boolean {
  if (!(error instanceof BitTrickleError)) return false
  return ['AUTHENTICATION_FAILED', 'ALREADY_ACTIVE', 'RATE_LIMITED', 'INVALID_OPTION'].includes(error.code)
}
