import { spawn } from 'node:child_process'
import { indexAddress } from './index-address.js'

/** Whose password it is. */
export interface Account {
  readonly server: string
  readonly username: string
}

/** How a system keeps secrets: commands of its own, and what they are told on stdin. None sees a secret among its words. */
interface Keyring {
  readonly store: (account: string, secret: string) => Call
  readonly find: (account: string) => Call
  readonly forget: (account: string) => Call
  /** What is kept, as it has to be told, and back. */
  readonly encode: (secret: string) => string
  readonly decode: (found: string) => string
}

interface Call {
  readonly command: string
  readonly args: readonly string[]
  readonly input?: string
}

// Somebody may have to unlock the keyring first; without anybody, it must not hang for ever.
const PATIENCE = 60_000

/** libsecret's own command, which takes the secret from stdin. */
const SECRET_TOOL: Keyring = {
  store: (account, secret) => ({
    command: 'secret-tool',
    args: ['store', `--label=BitTrickle: ${account}`, 'application', 'bittrickle', 'account', account],
    input: secret,
  }),
  find: (account) => ({
    command: 'secret-tool',
    args: ['lookup', 'application', 'bittrickle', 'account', account],
  }),
  forget: (account) => ({
    command: 'secret-tool',
    args: ['clear', 'application', 'bittrickle', 'account', account],
  }),
  encode: (secret) => secret,
  decode: (found) => found.replace(/\n$/, ''),
}

/** The keychain's command reads whole commands from stdin with "-i". Base64, since it shows other bytes in its own way. */
const KEYCHAIN: Keyring = {
  store: (account, secret) => ({
    command: 'security',
    args: ['-i'],
    input: `add-generic-password -U -s bittrickle -a ${quoted(account)} -w ${secret}\n`,
  }),
  find: (account) => ({
    command: 'security',
    args: ['find-generic-password', '-s', 'bittrickle', '-a', account, '-w'],
  }),
  forget: (account) => ({
    command: 'security',
    args: ['delete-generic-password', '-s', 'bittrickle', '-a', account],
  }),
  encode: (secret) => Buffer.from(secret).toString('base64'),
  decode: (found) => Buffer.from(found.trim(), 'base64').toString(),
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

const keyringOf = (platform: NodeJS.Platform): Keyring | undefined =>
  platform === 'darwin' ? KEYCHAIN : platform === 'win32' ? undefined : SECRET_TOOL

const accountOf = ({ server, username }: Account): string => `${username}@${indexAddress(server) ?? server}`

/** Has the system keep a password. @returns whether it does */
export async function storeSecret(
  account: Account,
  secret: string,
  platform = process.platform,
): Promise<boolean> {
  const keyring = keyringOf(platform)
  if (keyring === undefined) return false
  const stored = await call(keyring.store(accountOf(account), keyring.encode(secret)))
  // Some say that they did, and did not: what matters is that it is found again.
  return stored !== undefined && (await findSecret(account, platform)) === secret
}

/** The password that the system keeps; undefined when it has none, or nobody lets it have it. */
export async function findSecret(account: Account, platform = process.platform): Promise<string | undefined> {
  const keyring = keyringOf(platform)
  if (keyring === undefined) return undefined
  const found = await call(keyring.find(accountOf(account)))
  const secret = found === undefined ? '' : keyring.decode(found)
  return secret === '' ? undefined : secret
}

/** Has the system forget a password. */
export async function forgetSecret(account: Account, platform = process.platform): Promise<void> {
  const keyring = keyringOf(platform)
  if (keyring !== undefined) await call(keyring.forget(accountOf(account)))
}

/** @returns what it said; undefined when it failed, or is not there */
function call({ command, args, input = '' }: Call): Promise<string | undefined> {
  return new Promise((resolve) => {
    // A timeout of spawn would keep the program alive where there is no such command.
    const signal = AbortSignal.timeout(PATIENCE)
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'], signal })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    child.on('error', () => resolve(undefined))
    child.on('close', (code) => resolve(code === 0 ? said : undefined))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
