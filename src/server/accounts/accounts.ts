import { stat } from 'node:fs/promises'
import type { Clock, Timer } from '../../clock.js'
import { type Credentials, checkerOf, type Groups, plainUsers } from './credentials.js'
import { CredentialsFile } from './credentials-file.js'

/** What an account may, once its password was right. */
export interface Admission {
  /**
   * The groups that the user is in, without the "@". What is published to one of them is theirs. They hold until the user
   * logs in again.
   * @defaultValue none
   */
  readonly groups?: Iterable<string>
}

/**
 * Decides whether this password is this user's, and may say which groups the user is in. An app passes its own to take
 * accounts from elsewhere. When it throws or rejects, the login is refused and the index emits a `warning`.
 *
 * @example
 * ```ts
 * const index = new IndexServer({
 *   credentials: async (username, password) => {
 *     const account = await directory.check(username, password)
 *     return account !== undefined && { groups: account.teams }
 *   },
 * })
 * ```
 */
export type Authenticate = (
  username: string,
  password: string,
) => boolean | Admission | Promise<boolean | Admission>

/** A user who may log in. */
export interface Account {
  /** The groups that the user is in now. */
  readonly groups: ReadonlySet<string>
}

/** Where the index takes accounts from. */
export interface Accounts {
  /** The account, where this password is this user's. */
  authenticate(username: string, password: string): Promise<Account | undefined>
  /** Makes the accounts ready. */
  open(): Promise<void>
  /**
   * Reads the accounts again, now. What it resolves to puts them into force.
   * @throws {@link BitTrickleError} `INVALID_CREDENTIALS_FILE`: the accounts stay as they were
   */
  readAgain(): Promise<() => void>
  /** Stops watching. */
  close(): void
}

/** Accounts that an app decides on by itself. */
export function accountsFrom(authenticate: Authenticate): Accounts {
  return {
    authenticate: async (username, password) => {
      const admission = await authenticate(username, password)
      if (admission === false) return undefined
      return { groups: new Set(admission === true ? [] : admission.groups) }
    },
    open: async () => {},
    readAgain: async () => () => {},
    close: () => {},
  }
}

const NO_GROUPS: ReadonlySet<string> = new Set()

/** What {@link FileAccounts} needs. */
export interface FileAccountsOptions {
  readonly path: string
  readonly clock: Clock
  /** Told of the users whose account was removed or disabled, or has another password: their sessions end. */
  readonly onChanged: (usernames: readonly string[]) => void
  readonly onWarning: (message: string, cause?: unknown) => void
}

// Looking at the time of a file once a second costs nothing, and works on every file system: a watch does not.
const LOOK_INTERVAL = 1000

/** Accounts in a credentials file, read again whenever it changes. */
export class FileAccounts implements Accounts {
  readonly #options: FileAccountsOptions
  readonly #file: CredentialsFile
  #credentials: Credentials = { secrets: new Map(), groups: new Map() }
  #groupsOf: ReadonlyMap<string, ReadonlySet<string>> = new Map()
  #check: (username: string, password: string) => Promise<boolean> = async () => false
  #seen = ''
  #timer: Timer | undefined
  #isClosed = false

  constructor(options: FileAccountsOptions) {
    this.#options = options
    this.#file = new CredentialsFile(options.path)
  }

  async authenticate(username: string, password: string): Promise<Account | undefined> {
    if (!(await this.#check(username, password))) return undefined
    const groups = (): ReadonlySet<string> => this.#groupsOf.get(username) ?? NO_GROUPS
    return {
      // Who is taken out of a group is out at once, without logging in again.
      get groups() {
        return groups()
      },
    }
  }

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
    try {
      const putIntoForce = await this.#readAt(stamp)
      putIntoForce()
    } catch (cause) {
      // Half an edit must not lock everybody out.
      const message = 'The credentials file changed but cannot be read; the accounts stay as they were.'
      this.#options.onWarning(message, cause)
    }
  }

  async readAgain(): Promise<() => void> {
    return this.#readAt(await this.#stamp())
  }

  async #readAt(stamp: string): Promise<() => void> {
    this.#seen = stamp
    const credentials = await this.#file.read()
    return () => this.#replace(credentials)
  }

  #replace(credentials: Credentials): void {
    const before = this.#credentials
    this.#take(credentials)
    const { secrets } = credentials
    const changed = [...before.secrets].filter(([username, secret]) => secrets.get(username) !== secret)
    if (changed.length > 0) this.#options.onChanged(changed.map(([username]) => username))
  }

  #take(credentials: Credentials): void {
    this.#credentials = credentials
    this.#check = checkerOf(credentials)
    this.#groupsOf = byMember(credentials.groups)
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

/** Which groups each user is in. */
function byMember(groups: Groups): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const [group, members] of groups) {
    for (const username of members) {
      const own = found.get(username)
      if (own === undefined) found.set(username, new Set([group]))
      else own.add(group)
    }
  }
  return found
}
