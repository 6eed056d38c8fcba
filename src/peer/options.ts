import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { type Clock, systemClock } from '../clock.js'
import { BitTrickleError } from '../errors.js'
import { type Logger, silentLogger } from '../logger.js'
import { passwordProblem, quote, usernameProblem } from '../wire/names.js'
import { parseServerAddress, type ServerAddress } from './server-address.js'

/** What a Peer can be told. */
export interface PeerOptions {
  /** The index: a `bittrickle://` URI, `host:port`, `host`, or a port on localhost. The default port is 5331. */
  readonly server: string
  /** The account: one word, at most 64 bytes. */
  readonly username: string
  /** One word, at most 256 bytes; or a function that `login()` asks for it. */
  readonly password: string | (() => Promise<string>)
  /**
   * The folder whose files can be published. Nothing outside it is ever served.
   * @defaultValue the working directory
   */
  readonly shareDir?: string
  /**
   * The folder where downloads go. Nothing outside it is ever written.
   * @defaultValue the working directory
   */
  readonly downloadDir?: string
  /**
   * The folder where the peer keeps its device key and the keys of the indexes that it knows, and remembers which file
   * stands behind which name. Each running peer of one user needs its own.
   * @defaultValue it keeps them in memory alone
   */
  readonly stateDir?: string
  /**
   * IP address of the TCP listener that serves publications.
   * @defaultValue loopback where the index is on this machine, else all interfaces
   */
  readonly host?: string
  /**
   * TCP port of that listener; 0 takes a free one.
   * @defaultValue 0
   */
  readonly port?: number
  /**
   * How many uploads run at a time; the others wait their turn.
   * @defaultValue 5
   */
  readonly uploadSlots?: number
  /**
   * Bytes per second of all uploads together.
   * @defaultValue unlimited
   */
  readonly uploadRate?: number
  /**
   * Bytes per second of all downloads together.
   * @defaultValue unlimited
   */
  readonly downloadRate?: number
  /**
   * How the peer speaks to the index and to other peers. `classic` is the original plain-text protocol: anyone on the way
   * can read passwords and files. Peers of the two protocols do not see each other's files.
   * @defaultValue 'sealed'
   */
  readonly protocol?: 'sealed' | 'classic'
  /**
   * Where the peer reports what it does.
   * @defaultValue nothing is logged
   */
  readonly logger?: Logger
  /**
   * Where time comes from.
   * @defaultValue the clock of the machine
   */
  readonly clock?: Clock
}

/** Options that were checked and filled in. */
export interface ResolvedPeerOptions {
  readonly server: ServerAddress
  readonly username: string
  readonly password: string | (() => Promise<string>)
  readonly shareDir: string
  readonly downloadDir: string
  readonly stateDir: string | undefined
  readonly host: string | undefined
  readonly port: number
  readonly protocol: 'sealed' | 'classic'
  readonly uploadSlots: number
  readonly uploadRate: number | undefined
  readonly downloadRate: number | undefined
  readonly logger: Logger
  readonly clock: Clock
}

// A slot costs two buffers and a file handle; more than this helps nobody.
const MAX_UPLOAD_SLOTS = 1000

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {@link BitTrickleError} `INVALID_OPTION`, which names the option and the value received
 */
export function resolvePeerOptions(options: PeerOptions): ResolvedPeerOptions {
  if (typeof options !== 'object' || options === null) {
    throw invalid('options', 'an object with server, username and password', options)
  }
  const { shareDir, downloadDir, stateDir, host, port, uploadSlots } = options
  return {
    server: parseServerAddress(options.server),
    username: resolveUsername(options.username),
    password: resolvePassword(options.password),
    shareDir: resolveDir('shareDir', shareDir) ?? process.cwd(),
    downloadDir: resolveDir('downloadDir', downloadDir) ?? process.cwd(),
    stateDir: resolveDir('stateDir', stateDir),
    host: resolveHost(host),
    port: resolveWhole('port', port ?? 0, 0, 65_535),
    protocol: resolveProtocol(options.protocol),
    uploadSlots: resolveWhole('uploadSlots', uploadSlots ?? 5, 1, MAX_UPLOAD_SLOTS),
    uploadRate: resolveRate('uploadRate', options.uploadRate),
    downloadRate: resolveRate('downloadRate', options.downloadRate),
    logger: options.logger ?? silentLogger,
    clock: options.clock ?? systemClock,
  }
}

/**
 * Checks a password, wherever it came from. Errors do not show it.
 *
 * @throws {@link BitTrickleError} `INVALID_OPTION`
 */
export function assertPassword(password: unknown): asserts password is string {
  const problem =
    typeof password === 'string' ? passwordProblem(password) : `is no string but ${typeof password}`
  if (problem !== undefined) throw new BitTrickleError('INVALID_OPTION', `Peer: password ${problem}.`)
}

/** The password that the options name or ask for. */
export async function askPassword(password: ResolvedPeerOptions['password']): Promise<string> {
  const answer = typeof password === 'string' ? password : await password()
  assertPassword(answer)
  return answer
}

function resolveProtocol(protocol: PeerOptions['protocol'] = 'sealed'): 'sealed' | 'classic' {
  if (protocol === 'sealed' || protocol === 'classic') return protocol
  throw invalid('protocol', "'sealed' or 'classic'", protocol)
}

function resolveUsername(username: string): string {
  const problem = typeof username === 'string' ? usernameProblem(username) : 'is no string'
  if (problem !== undefined) {
    throw invalid('username', `one word of at most 64 bytes (it ${problem})`, username)
  }
  return username
}

function resolvePassword(password: PeerOptions['password']): PeerOptions['password'] {
  if (typeof password !== 'function') assertPassword(password)
  return password
}

function resolveDir(option: string, dir: string | undefined): string | undefined {
  if (dir === undefined) return undefined
  if (typeof dir !== 'string' || dir === '' || dir.includes('\0')) {
    throw invalid(option, 'the path of a folder', dir)
  }
  return resolve(dir)
}

function resolveHost(host: string | undefined): string | undefined {
  if (host !== undefined && isIP(host) === 0) {
    throw invalid('host', 'an IP address such as "127.0.0.1" or "::"', host)
  }
  return host
}

/**
 * Checks an option that is a whole number.
 * @throws BitTrickleError `INVALID_OPTION`
 */
export function resolveWhole(option: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw invalid(option, `a whole number from ${least} to ${most}`, value)
}

function resolveRate(option: string, rate: number | undefined): number | undefined {
  if (rate === undefined || rate === Number.POSITIVE_INFINITY) return undefined
  if (Number.isFinite(rate) && rate >= 1) return rate
  throw invalid(option, 'at least 1 byte per second', rate)
}

/** The error for an option that is not what it must be. */
export function invalid(option: string, expected: string, received: unknown): BitTrickleError {
  const shown = typeof received === 'string' ? quote(received) : String(received)
  return new BitTrickleError('INVALID_OPTION', `Peer: ${option} must be ${expected}; received ${shown}.`)
}
