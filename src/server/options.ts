import { isIP } from 'node:net'
import { resolve } from 'node:path'
import type { Clock } from '../clock.js'
import { BitTrickleError } from '../errors.js'
import type { Logger } from '../logger.js'
import type { HeartbeatTimes } from '../wire/records.js'
import type { Authenticate } from './accounts/accounts.js'
import type { CatalogueStore } from './catalogue/catalogue-store.js'
import type { IndexLimits } from './limits.js'

/** What an IndexServer can be told. */
export interface IndexServerOptions {
  /**
   * IP address to listen on. `::` takes IPv4 and IPv6; where there is no IPv6 it stands for `0.0.0.0`.
   * @defaultValue '::'
   */
  readonly host?: string
  /**
   * UDP port; 0 takes a free one.
   * @defaultValue 5331
   */
  readonly port?: number
  /**
   * The folder of the index's key and of its catalogue, which are made on the first start. The key is the identity that
   * peers hold the index to: keep it, and keep it secret. The catalogue needs the package better-sqlite3.
   * @defaultValue both live in memory: each start makes another key, and nothing is published
   */
  readonly dataDir?: string
  /**
   * Who may log in: the path of a file with one `username password` a line, or a function that decides.
   * @defaultValue 'credentials.txt', in the working directory
   */
  readonly credentials?: string | Authenticate
  /**
   * Where the catalogue is kept.
   * @defaultValue a `SqliteStore` in `dataDir`; without one, a `MemoryStore`
   */
  readonly store?: CatalogueStore
  /**
   * The file of the audit trail: who logged in, was refused, published, got which ticket, and what peers say of how
   * transfers have ended; a JSON object a line, each with the hash of the one before. It is begun, or gone on with.
   * `verifyAudit` checks it; docs/audit.md says what it shows.
   * @defaultValue none is kept
   */
  readonly audit?: string
  /**
   * Whether the original plain-text protocol is spoken. Its datagrams are taken from this machine alone, unless
   * `allowRemote` is true: anyone on the way can read the passwords in them.
   * @defaultValue false
   */
  readonly classic?:
    | boolean
    | {
        /** Whether it is taken from other machines, too. */
        readonly allowRemote: boolean
      }
  /**
   * How often peers say that they are alive, and after how long a silence they count as gone, in milliseconds.
   * The timeout must be longer than the interval.
   * @defaultValue interval 2000, timeout 3000
   */
  readonly heartbeat?: Partial<HeartbeatTimes>
  /** Bounds; see {@link IndexLimits} for each default. */
  readonly limits?: Partial<IndexLimits>
  /**
   * Where requests and their outcomes are logged.
   * @defaultValue nothing is logged
   */
  readonly logger?: Logger
  /**
   * Where time comes from.
   * @defaultValue the clock of the machine
   */
  readonly clock?: Clock
}

/** UDP port of an index where nothing else is said. */
export const DEFAULT_PORT = 5331

const HEARTBEAT: HeartbeatTimes = { interval: 2000, timeout: 3000 }

/** Checks the host. */
export function resolveHost(host = '::'): string {
  if (isIP(host) === 0) throw invalid('host', 'an IP address such as "127.0.0.1" or "::"', host)
  return host
}

/** Checks the port. */
export function resolvePort(port: number = DEFAULT_PORT): number {
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw invalid('port', 'a whole number from 0 to 65535', port)
  return port
}

/** Fills in the times and checks them. */
export function resolveHeartbeat(times: Partial<HeartbeatTimes> = {}): HeartbeatTimes {
  const { interval = HEARTBEAT.interval, timeout = HEARTBEAT.timeout } = times
  if (!Number.isFinite(interval) || interval < 10) {
    throw invalid('heartbeat.interval', 'at least 10 milliseconds', interval)
  }
  if (!Number.isFinite(timeout) || timeout <= interval) {
    throw invalid('heartbeat.timeout', `longer than the interval of ${interval} ms`, timeout)
  }
  return { interval, timeout }
}

/** Checks the data folder. */
export function resolveDataDir(dataDir: string | undefined): string | undefined {
  if (dataDir === undefined) return undefined
  if (typeof dataDir !== 'string' || dataDir === '' || dataDir.includes('\0')) {
    throw invalid('dataDir', 'the path of a folder', dataDir)
  }
  return resolve(dataDir)
}

/** Checks the file of the audit trail. */
export function resolveAudit(audit: string | undefined): string | undefined {
  if (audit === undefined) return undefined
  if (typeof audit !== 'string' || audit === '' || audit.includes('\0')) {
    throw invalid('audit', 'the path of a file', audit)
  }
  return resolve(audit)
}

/** Checks the credentials option. */
export function resolveCredentials(
  credentials: string | Authenticate = 'credentials.txt',
): string | Authenticate {
  if (typeof credentials === 'function' || (typeof credentials === 'string' && credentials !== ''))
    return credentials
  throw invalid(
    'credentials',
    'the path of a file, or a function (username, password) => boolean',
    credentials,
  )
}

/** Checks the classic option. `undefined` means that classic is off. */
export function resolveClassic(
  classic: boolean | { readonly allowRemote: boolean } = false,
): { readonly allowRemote: boolean } | undefined {
  if (classic === false) return undefined
  if (classic === true) return { allowRemote: false }
  if (typeof classic?.allowRemote === 'boolean') return classic
  throw invalid('classic', 'true, false or { allowRemote: boolean }', classic)
}

function invalid(option: string, expected: string, received: unknown): BitTrickleError {
  const shown = typeof received === 'string' ? JSON.stringify(received) : String(received)
  return new BitTrickleError(
    'INVALID_OPTION',
    `IndexServer: ${option} must be ${expected}; received ${shown}.`,
  )
}
