import { stat } from 'node:fs/promises'
import type { Clock, Timer } from '../../clock.js'
import { type Credentials, checkerOf, plainUsers } from './credentials.js'
import { CredentialsFile } from './credentials-file.js'

/**
 * Decides whether this password is this user's. An app passes its own to take accounts from elsewhere.
 * When it throws or rejects, the login is refused and the index emits a `warning`.
 */
export type Authenticate = (username: string, password: string) => boolean | Promise<boolean>

/** Where the index takes accounts from. */
export interface Accounts {
  /** Whether this password is this user's. */
  readonly authenticate: Authenticate
  /** Makes the accounts ready. */
  open(): Promise<void>
  /** Stops watching. */
  close(): void
}

/** Accounts that an app decides on by itself. */
export function accountsFrom(authenticate: Authenticate): Accounts {
  return { authenticate, open: async () => {}, close: () => {} }
}

/** What {@link FileAccounts} needs. */
export interface FileAccountsOptions {
  readonly path: string
  readonly clock: Clock
  /** Told of the users whose account was removed or has another password: their sessions end. */
  readonly onChanged: (usernames: readonly string[]) => void
  readonly onWarning: (message: string, cause?: unknown) => void
}

// Looking at the time of a file once a second costs nothing, and works on every file system: a watch does not.
const LOOK_INTERVAL = 1000

/** Accounts in a credentials file, read again whenever it changes. */
export class FileAccounts implements Accounts {
  readonly #options: FileAccountsOptions
  readonly #file: CredentialsFile
  #credentials: Credentials = new Map()
  #check: (username: string, password: string) => Promise<boolean> = async () => false
  #seen = ''
  #timer: Timer | undefined
  #isClosed = false

  constructor(options: FileAccountsOptions) {
    this.#options = options
    this.#file = new CredentialsFile(options.path)
  }

  readonly authenticate: Authenticate = (username, password) => this.#check(username, password)

  async open(): Promise<void> {
    // Before reading: a change in between is then read twice rather than never.
    this.#seen = await this.#stamp()
    this.#take(await this.#file.read())
    this.#lookLater()
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #lookLater(): void {
    if (this.#isClosed) return
    this.#timer = this.#options.clock.setTimeout(() => {
      void this.#look().finally(() => this.#lookLater())
    }, LOOK_INTERVAL)
  }

  async #look(): Promise<void> {
    const stamp = await this.#stamp()
    if (stamp === this.#seen || this.#isClosed) return
    this.#seen = stamp
    const before = this.#credentials
    try {
      this.#take(await this.#file.read())
    } catch (cause) {
      // Half an edit must not lock everybody out.
      const message = 'The credentials file changed but cannot be read; the accounts stay as they were.'
      this.#options.onWarning(message, cause)
      return
    }
    const changed = [...before].filter(([username, secret]) => this.#credentials.get(username) !== secret)
    if (changed.length > 0) this.#options.onChanged(changed.map(([username]) => username))
  }

  #take(credentials: Credentials): void {
    this.#credentials = credentials
    this.#check = checkerOf(credentials)
    const plain = plainUsers(credentials)
    if (plain.length === 0) return
    const whose = plain.length > 3 ? `${plain.length} users` : plain.join(', ')
    this.#options.onWarning(
      `The credentials file holds the plain password of ${whose}; replace it by "bittrickle-server user passwd NAME".`,
    )
  }

  async #stamp(): Promise<string> {
    try {
      const { mtimeNs, size, ino } = await stat(this.#options.path, { bigint: true })
      return `${mtimeNs} ${size} ${ino}`
    } catch {
      return 'missing'
    }
  }
}
