import { isIP } from 'node:net'
import type { IndexLimits } from '../../index.js'

/** What is logged: this and what is graver. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Where figures are served over HTTP. */
export interface MetricsAddress {
  readonly host: string
  readonly port: number
}

/** All that `bittrickle-server` can be told. */
export interface Settings {
  readonly port: number
  readonly host: string
  readonly credentials: string
  readonly data: string
  readonly audit: string | undefined
  readonly classic: boolean
  readonly classicRemote: boolean
  readonly heartbeatInterval: number
  readonly heartbeatTimeout: number
  readonly metrics: MetricsAddress | undefined
  readonly logLevel: LogLevel
  readonly json: boolean
  readonly limits: Partial<IndexLimits>
}

/** How one of them is read. */
export interface Setting<T> {
  /** What it must be, behind "must be". */
  readonly expected: string
  /** From the command line or the environment; undefined for what it cannot be. */
  readonly fromText: (text: string) => T | undefined
  /** From the configuration file. */
  readonly fromJson: (value: unknown) => T | undefined
  readonly initial: T
  /** What it is unless somebody says otherwise, for people. */
  readonly shownInitial?: string
  /** Relative ones of the file are meant from the folder of the file. */
  readonly isPath?: boolean
  /** Whether a running index takes another one at SIGHUP. */
  readonly isLive?: boolean
}

const DEFAULT_METRICS_HOST = '127.0.0.1'

const LIMITS: Readonly<Record<keyof IndexLimits, true>> = {
  sessions: true,
  channels: true,
  handshakesPerSecond: true,
  publications: true,
  publicationsPerUser: true,
  pendingRequests: true,
  requestsPerSecond: true,
  sources: true,
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

function ofText<T>(
  expected: string,
  read: (text: string) => T | undefined,
): Pick<Setting<T>, 'expected' | 'fromText' | 'fromJson'> {
  return {
    expected,
    fromText: read,
    fromJson: (value) => (typeof value === 'string' ? read(value) : undefined),
  }
}

const path = ofText('the path of a file or folder', (text) => (/^[^\0]+$/.test(text) ? text : undefined))

function whole(least: number, most: number) {
  const isOne = (value: unknown): value is number =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
  return {
    expected: `a whole number from ${least} to ${most}`,
    fromText: (text: string) => {
      const value = /^\d+$/.test(text) ? Number(text) : undefined
      return isOne(value) ? value : undefined
    },
    fromJson: (value: unknown) => (isOne(value) ? value : undefined),
  }
}

const yesOrNo = {
  expected: 'true or false',
  fromText: (text: string) =>
    text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : undefined,
  fromJson: (value: unknown) => (typeof value === 'boolean' ? value : undefined),
}

function readMetrics(text: string): MetricsAddress | undefined {
  const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d+)$/.exec(text) ?? []
  const port = Number(digits)
  const host = bracketed ?? plain ?? DEFAULT_METRICS_HOST
  return digits !== undefined && port <= 65_535 && isIP(host) !== 0 ? { host, port } : undefined
}

function readLimits(value: unknown): Partial<IndexLimits> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const isFine = Object.entries(value).every(
    ([name, limit]) => Object.hasOwn(LIMITS, name) && Number.isSafeInteger(limit) && limit >= 1,
  )
  return isFine ? value : undefined
}

// A day: what is silent for longer is gone by any measure.
const LONGEST_HEARTBEAT = 86_400_000

/** Every setting, by its name in the configuration file. */
export const SETTINGS: { readonly [Name in keyof Settings]: Setting<Settings[Name]> } = {
  port: { ...whole(0, 65_535), initial: 5331 },
  host: {
    ...ofText('an IP address such as "127.0.0.1" or "::"', (text) => (isIP(text) === 0 ? undefined : text)),
    initial: '::',
  },
  credentials: { ...path, initial: 'credentials.txt', isPath: true },
  data: { ...path, initial: 'bittrickle-data', isPath: true },
  audit: { ...path, initial: undefined, shownInitial: 'none', isPath: true },
  classic: { ...yesOrNo, initial: false },
  classicRemote: { ...yesOrNo, initial: false },
  heartbeatInterval: { ...whole(10, LONGEST_HEARTBEAT), initial: 2000 },
  heartbeatTimeout: { ...whole(11, LONGEST_HEARTBEAT), initial: 3000 },
  metrics: {
    expected: '[HOST:]PORT, such as 9331 or "[::1]:9331", with an IP address',
    fromText: readMetrics,
    fromJson: (value) => readMetrics(String(value)),
    initial: undefined,
    shownInitial: 'none',
  },
  logLevel: {
    ...ofText(`one of ${LEVELS.join(', ')}`, (text) => LEVELS.find((level) => level === text)),
    initial: 'info',
    isLive: true,
  },
  json: { ...yesOrNo, initial: false, isLive: true },
  limits: {
    expected: `an object of whole numbers of at least 1 by these names: ${Object.keys(LIMITS).join(', ')}`,
    fromText: () => undefined,
    fromJson: readLimits,
    initial: {},
    shownInitial: 'those of IndexServer',
    isLive: true,
  },
}

/** What the values of `--log-level` are. */
export const LOG_LEVELS: readonly string[] = LEVELS

/** The environment variable of a setting: `logLevel` is BITTRICKLE_LOG_LEVEL. Limits stand in the file alone. */
export function variableOf(name: string): string | undefined {
  if (name === 'limits') return undefined
  return `BITTRICKLE_${name.replace(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase()}`
}

/** A value for people. */
export function shown(value: unknown): string {
  if (value === undefined) return 'none'
  if (isMetrics(value))
    return value.host.includes(':') ? `[${value.host}]:${value.port}` : `${value.host}:${value.port}`
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const isMetrics = (value: unknown): value is MetricsAddress =>
  typeof value === 'object' && value !== null && 'port' in value && 'host' in value
