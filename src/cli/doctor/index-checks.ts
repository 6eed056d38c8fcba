import { mkdtemp, rm } from 'node:fs/promises'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type IndexProbe, Peer, probeIndex } from '../../index.js'
import { EXIT } from '../exit-codes.js'
import { type Finding, failed, failure, hasCode, ok, warning } from './finding.js'

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`

// Somebody would notice each search.
const SLOW_HANDSHAKE = 1_500

/** What came of looking for the index. */
export interface IndexLook {
  readonly findings: readonly Finding[]
  /** Absent where it does not answer. */
  readonly probe?: IndexProbe
}

/** Whether the name leads somewhere, the index answers there, and its key is the right one. */
export async function checkReach(
  server: string,
  stateDir: string | undefined,
  timeout?: number,
): Promise<IndexLook> {
  let probe: IndexProbe
  try {
    probe = await probeIndex(server, {
      ...(stateDir === undefined ? {} : { stateDir }),
      ...(timeout === undefined ? {} : { timeout }),
    })
  } catch (error) {
    return { findings: [explain(error)] }
  }
  const { address, handshake, lookup, trust, key } = probe
  const at = `${address.host} port ${address.port}`
  const name = isIP(probe.server) !== 0 ? '' : ` (found in ${ms(lookup)})`
  const took = `The index answers at ${at}${name}; the handshake of three round trips took ${ms(handshake)}.`
  const reach =
    handshake > SLOW_HANDSHAKE
      ? warning(
          'index',
          `${took} That is slow, or datagrams are lost on the way.`,
          'Look at the network in between.',
        )
      : ok('index', took)
  const why = {
    address: ok('key', `Its key is the one in the address: ${key}.`),
    known: ok('key', `Its key is the one that it had before: ${key}.`),
    new: warning(
      'key',
      `Its key is ${key}, and was not met before: it would be trusted on first use.`,
      'Compare it with what the operator says, or use the address with "?key=" in it.',
    ),
  }
  return { findings: [reach, why[trust]], probe }
}

function explain(error: unknown): Finding {
  if (hasCode(error, 'SERVER_KEY_CHANGED')) {
    return failed(
      'key',
      error,
      'Do not log in before the operator of the index has told you which key is right.',
    )
  }
  if (!hasCode(error, 'INDEX_UNREACHABLE')) return failed('index', error, 'Correct it, and try again.')
  const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined
  if (cause?.code === 'ENOTFOUND' || cause?.code === 'EAI_AGAIN') {
    return failure(
      'index',
      `The name of the index leads nowhere (${cause.code}).`,
      cause.code === 'ENOTFOUND'
        ? 'Look for a slip in the name.'
        : 'Look whether this machine has a network, and a DNS server.',
      EXIT.network,
    )
  }
  return failed(
    'index',
    error,
    'Look whether the index runs, whether its port is right, and whether the firewalls on both sides let UDP through.',
  )
}

/** An account to try. */
export interface Account {
  readonly username: string
  readonly password: string
}

/** Whether the account is taken. Nothing of the user's own peer is touched: it may run meanwhile. */
export async function checkLogin({ uri }: IndexProbe, account: Account): Promise<Finding> {
  const folder = await mkdtemp(join(tmpdir(), 'bittrickle-doctor-'))
  // With a device key of its own, and a share folder with nothing in it.
  await using peer = new Peer({
    ...account,
    server: uri,
    shareDir: folder,
    downloadDir: folder,
    host: '127.0.0.1',
  })
  try {
    const { version = 1 } = await peer.login()
    const begun = performance.now()
    const others = await peer.peers()
    return ok(
      'login',
      `${account.username} is logged in; index and peer speak version ${version} of the protocol; ${others.length} other peer(s) are active; a question takes ${ms(performance.now() - begun)}.`,
    )
  } catch (error) {
    // It is told to those alone who know the password.
    if (hasCode(error, 'ALREADY_ACTIVE')) {
      return ok(
        'login',
        `The password of ${account.username} is right; the user is logged in elsewhere, as when the program runs.`,
      )
    }
    return failed('login', error, 'Ask the operator of the index for the account.')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
