import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import envPaths from 'env-paths'
import { parseSize } from '../words/read.js'
import { indexAddress } from './index-address.js'

/** Where a value comes from, the strongest first. */
export type Origin = 'flag' | 'environment' | 'file' | 'default'

/** Something that a flag, the environment and the configuration file can set, and how it is read. */
interface Setting<T> {
  /** As commander reads it. */
  readonly flags: string
  readonly variable: string
  readonly about: string
  /** "must be …", in an error. */
  readonly needs: string
  readonly shownDefault?: string
  /** @returns undefined for what is no such value; `folder` is what relative paths begin at */
  read(value: unknown, folder: string): T | undefined
}

const textual =
  (isOne: (value: string) => boolean) =>
  (value: unknown): string | undefined =>
    typeof value === 'string' && isOne(value) ? value : undefined

const whole =
  (least: number, most: number) =>
  (value: unknown): number | undefined => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
    return Number.isInteger(number) && (number as number) >= least && (number as number) <= most
      ? (number as number)
      : undefined
  }

function yesOrNo(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (value === 'true' || value === '1' || value === 'yes') return true
  return value === 'false' || value === '0' || value === 'no' ? false : undefined
}

function rate(value: unknown): number | undefined {
  const bytes = typeof value === 'string' ? parseSize(value.replace(/\/s$/, '')) : value
  return typeof bytes === 'number' && Number.isFinite(bytes) && bytes >= 1 ? bytes : undefined
}

function path(value: unknown, folder: string): string | undefined {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) return undefined
  // What a shell would have put in its place; nobody else does.
  return resolve(folder, value.replace(/^~(?=$|[/\\])/, homedir()))
}

const folders = envPaths('bittrickle', { suffix: '' })
const setting = <T>(one: Setting<T>): Setting<T> => one
const RATE = 'a number of bytes per second, such as 500K or 2M'
const YES_OR_NO = 'true or false'

/** All that can be set, in the order of the help. */
export const SETTINGS = {
  server: setting({
    flags: '--server <address>',
    variable: 'BITTRICKLE_SERVER',
    about: 'the index: its bittrickle:// URI, HOST:PORT, HOST, or a port on this machine',
    needs: '"bittrickle://host:port?key=…", "host:port", "host", or a port on localhost',
    shownDefault: '5331',
    read: (value) => textual((text) => indexAddress(text) !== undefined)(value),
  }),
  username: setting({
    flags: '--username <name>',
    variable: 'BITTRICKLE_USERNAME',
    about: 'the account; asked for where there is a terminal',
    needs: 'one word of at most 64 bytes that does not begin with "@"',
    read: textual((name) => /^[^\s@]\S*$/u.test(name) && Buffer.byteLength(name) <= 64),
  }),
  share: setting({
    flags: '--share <folder>',
    variable: 'BITTRICKLE_SHARE',
    about: 'the folder whose files can be published',
    needs: 'the path of a folder',
    shownDefault: 'the working folder',
    read: path,
  }),
  download: setting({
    flags: '--download <folder>',
    variable: 'BITTRICKLE_DOWNLOAD',
    about: 'the folder that downloads go to',
    needs: 'the path of a folder',
    shownDefault: 'the working folder',
    read: path,
  }),
  state: setting({
    flags: '--state <folder>',
    variable: 'BITTRICKLE_STATE',
    about: 'where the keys are, and what is published',
    needs: 'the path of a folder',
    shownDefault: folders.data,
    read: path,
  }),
  host: setting({
    flags: '--host <address>',
    variable: 'BITTRICKLE_HOST',
    about: 'IP address that other peers connect to',
    needs: 'an IP address such as "127.0.0.1" or "::"',
    shownDefault: 'all, or this machine alone where the index is on it',
    read: textual((host) => isIP(host) !== 0),
  }),
  port: setting({
    flags: '--port <number>',
    variable: 'BITTRICKLE_PORT',
    about: 'TCP port that other peers connect to; 0 takes a free one',
    needs: 'a whole number from 0 to 65535',
    shownDefault: '0',
    read: whole(0, 65_535),
  }),
  uploadRate: setting({
    flags: '--upload-rate <bytes>',
    variable: 'BITTRICKLE_UPLOAD_RATE',
    about: 'bytes per second of all uploads together, such as 2M',
    needs: RATE,
    shownDefault: 'unlimited',
    read: rate,
  }),
  downloadRate: setting({
    flags: '--download-rate <bytes>',
    variable: 'BITTRICKLE_DOWNLOAD_RATE',
    about: 'bytes per second of all downloads together',
    needs: RATE,
    shownDefault: 'unlimited',
    read: rate,
  }),
  uploadSlots: setting({
    flags: '--upload-slots <number>',
    variable: 'BITTRICKLE_UPLOAD_SLOTS',
    about: 'how many uploads run at a time',
    needs: 'a whole number from 1 to 1000',
    shownDefault: '5',
    read: whole(1, 1000),
  }),
  classic: setting({
    flags: '--classic',
    variable: 'BITTRICKLE_CLASSIC',
    about: 'speak the original plain-text protocol',
    needs: YES_OR_NO,
    read: yesOrNo,
  }),
  json: setting({
    flags: '--json',
    variable: 'BITTRICKLE_JSON',
    about: 'print results as JSON, an object a line; failures too, on stderr',
    needs: YES_OR_NO,
    read: yesOrNo,
  }),
  progress: setting({
    flags: '--progress',
    variable: 'BITTRICKLE_PROGRESS',
    about: 'with --json, tell on stderr how far transfers are',
    needs: YES_OR_NO,
    read: yesOrNo,
  }),
  color: setting({
    flags: '--no-color',
    variable: 'BITTRICKLE_COLOR',
    about: 'no colours; NO_COLOR and FORCE_COLOR count too',
    needs: YES_OR_NO,
    shownDefault: 'on a terminal',
    read: yesOrNo,
  }),
  keyring: setting({
    flags: '--no-keyring',
    variable: 'BITTRICKLE_KEYRING',
    about: 'leave the passwords that the system keeps alone',
    needs: YES_OR_NO,
    read: yesOrNo,
  }),
}

/** The name of a setting, as the configuration file has it. */
export type SettingName = keyof typeof SETTINGS

type Values = {
  readonly [Name in SettingName]?: Exclude<ReturnType<(typeof SETTINGS)[Name]['read']>, undefined>
}

/** What was set, and what is in its place where nothing was. */
export interface Settings extends Values {
  readonly server: string
  readonly share: string
  readonly download: string
  readonly state: string
  readonly port: number
  /** Where each value comes from. */
  readonly origins: Readonly<Record<SettingName, Origin>>
  /** The configuration file, whether it is there or not. */
  readonly config: string
  /** Whether the password is the first line of stdin. */
  readonly passwordStdin: boolean
  readonly debug: boolean
  readonly environment: NodeJS.ProcessEnv
}

/** The configuration file where no other is named. */
export const DEFAULT_CONFIG = resolve(folders.config, 'config.json')

/** The state folder where no other is named. */
export const DEFAULT_STATE = folders.data
