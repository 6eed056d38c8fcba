import { readFile } from 'node:fs/promises'
import { BitTrickleError, systemErrorCode } from '../../errors.js'
import { loadPart } from '../../load-part.js'
import { groupProblemOf, passwordProblem, quote, usernameProblem } from '../../wire/names.js'
import {
  type Credentials,
  credentialsProblems,
  disabledSecret,
  enabledSecret,
  formatCredentials,
  isDisabled,
  isPlain,
  parseCredentials,
} from './credentials.js'
import { formatHash, hashPassword } from './password-hash.js'

/** An account of a credentials file. */
export interface AccountInfo {
  /** Who logs in with it. */
  readonly username: string
  /** Whether the password stands in the file as a hash, and not for anyone to read. */
  readonly hashed: boolean
  /** Whether the account is kept, but nobody can log in with it. */
  readonly disabled: boolean
  /** The groups that the user is in, without the "@". */
  readonly groups: readonly string[]
}

interface Accounts {
  readonly secrets: Map<string, string>
  readonly groups: Map<string, Set<string>>
}

/**
 * The accounts in a file, one `username password` a line, and groups of them, one `@group user user` a line. Passwords
 * are written as scrypt hashes in PHC form. A running IndexServer notices a change within a second.
 *
 * @example
 * ```ts
 * const accounts = new CredentialsFile('credentials.txt')
 * await accounts.add('hans', password)
 * ```
 */
export class CredentialsFile {
  /** Where the file is. */
  readonly path: string

  /** @param path - where the file is; it is made when the first account is added */
  constructor(path: string) {
    this.path = path
  }

  /**
   * The accounts, in the order of the file.
   * @throws {@link BitTrickleError} `INVALID_CREDENTIALS_FILE`
   */
  async list(): Promise<AccountInfo[]> {
    const { secrets, groups } = await this.read()
    return [...secrets].map(([username, secret]) => ({
      username,
      hashed: !isPlain(secret),
      disabled: isDisabled(secret),
      groups: [...groups].filter(([, members]) => members.has(username)).map(([group]) => group),
    }))
  }

  /**
   * Adds an account.
   * @throws {@link BitTrickleError} `INVALID_OPTION` for a user who is there already, and for a name or password that
   * is empty, too long or holds white space; `INVALID_CREDENTIALS_FILE`, `DISK_ERROR`
   */
  async add(username: string, password: string): Promise<void> {
    const secret = await toSecret(username, password)
    await this.#edit(({ secrets }) => {
      if (secrets.has(username)) {
        throw new BitTrickleError(
          'INVALID_OPTION',
          `User ${username} is there already; give another password instead.`,
        )
      }
      secrets.set(username, secret)
    })
  }

  /**
   * Gives an account another password. Its session, if there is one, ends. One that was disabled stays so.
   * @throws {@link BitTrickleError} `NOT_FOUND`, `INVALID_OPTION`, `INVALID_CREDENTIALS_FILE`, `DISK_ERROR`
   */
  async setPassword(username: string, password: string): Promise<void> {
    const secret = await toSecret(username, password)
    await this.#edit((accounts) => {
      const before = secretOf(accounts, username)
      accounts.secrets.set(username, isDisabled(before) ? disabledSecret(secret) : secret)
    })
  }

  /**
   * Removes an account, and takes it out of its groups. Its session, if there is one, ends, and so do its downloads.
   * @throws {@link BitTrickleError} `NOT_FOUND`, `INVALID_CREDENTIALS_FILE`, `DISK_ERROR`
   */
  async remove(username: string): Promise<void> {
    await this.#edit((accounts) => {
      secretOf(accounts, username)
      accounts.secrets.delete(username)
      // Who gets the name next is somebody else.
      for (const members of accounts.groups.values()) members.delete(username)
    })
  }

  /**
   * Keeps an account, but lets nobody log in with it. Its session, if there is one, ends, and so do its downloads. A plain
   * password is hashed by the way.
   * @throws {@link BitTrickleError} `NOT_FOUND`, `INVALID_CREDENTIALS_FILE`, `DISK_ERROR`
   */
  async disable(username: string): Promise<void> {
    const plain = secretOf(await this.read(), username)
    const hash = isPlain(plain) ? formatHash(await hashPassword(plain)) : plain
    await this.#edit((accounts) => {
      // It may have got another password meanwhile; then nobody knows the one that was hashed.
      const secret = secretOf(accounts, username)
      if (!isDisabled(secret)) accounts.secrets.set(username, disabledSecret(isPlain(secret) ? hash : secret))
    })
  }

  /**
   * Lets an account be used again that was disabled, with the password that it had.
   * @throws {@link BitTrickleError} `NOT_FOUND`, `INVALID_CREDENTIALS_FILE`, `DISK_ERROR`
   */
  async enable(username: string): Promise<void> {
    await this.#edit((accounts) => {
      const secret = secretOf(accounts, username)
      accounts.secrets.set(username, enabledSecret(secret) ?? secret)
    })
  }

  /**
   * The groups, without the "@", and who is in them.
   * @throws {@link BitTrickleError} `INVALID_CREDENTIALS_FILE`
   */
  async groups(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    return (await this.read()).groups
  }

  /**
   * Puts users into a group, which is made where it is not there. What is published to the group is theirs at once.
   *
   * @param group - its name, without the "@"
   * @throws {@link BitTrickleError} `NOT_FOUND` for a user, `INVALID_OPTION` for a name that no group can have,
   * `INVALID_CREDENTIALS_FILE`, `DISK_ERROR`
   */
  async addToGroup(group: string, usernames: readonly string[]): Promise<void> {
    const problem = groupProblemOf(group)
    if (problem !== undefined)
      throw new BitTrickleError('INVALID_OPTION', `The group name ${quote(group)} ${problem}.`)
    await this.#edit((accounts) => {
      for (const username of usernames) secretOf(accounts, username)
      accounts.groups.set(group, new Set([...(accounts.groups.get(group) ?? []), ...usernames]))
    })
  }

  /**
   * Takes users out of a group. One that is empty is gone.
   *
   * @param group - its name, without the "@"
   * @throws {@link BitTrickleError} `NOT_FOUND` for a user who is not in it, `INVALID_CREDENTIALS_FILE`, `DISK_ERROR`
   */
  async removeFromGroup(group: string, usernames: readonly string[]): Promise<void> {
    await this.#edit(({ groups }) => {
      const members = groups.get(group)
      for (const username of usernames) {
        if (members?.delete(username) === true) continue
        throw new BitTrickleError(
          'NOT_FOUND',
          `${quote(username)} is not in the group ${quote(`@${group}`)}.`,
        )
      }
    })
  }

  /** @internal Reads the accounts with what stands behind each. */
  async read(): Promise<Credentials> {
    return parseCredentials(await this.#text(), this.path)
  }

  /**
   * @internal What is wrong with each bad line.
   * @throws {@link BitTrickleError} `INVALID_CREDENTIALS_FILE` for a file that cannot be read
   */
  async problems(): Promise<string[]> {
    return [...credentialsProblems(await this.#text(), this.path)]
  }

  async #text(): Promise<string> {
    try {
      return await readFile(this.path, 'utf8')
    } catch (cause) {
      throw new BitTrickleError(
        'INVALID_CREDENTIALS_FILE',
        systemErrorCode(cause) === 'ENOENT'
          ? `There is no credentials file ${quote(this.path)}; "bittrickle-server user add NAME" makes one with a first account.`
          : `Cannot read the credentials file ${quote(this.path)} (${systemErrorCode(cause)}); it holds one "username password" a line.`,
        { cause },
      )
    }
  }

  // In one step, so that a reader never sees half a file, and readable by its owner alone.
  async #edit(edit: (accounts: Accounts) => void): Promise<void> {
    const { secrets, groups } = await this.#readOrNone()
    const accounts = {
      secrets: new Map(secrets),
      groups: new Map([...groups].map(([group, members]) => [group, new Set(members)])),
    }
    edit(accounts)
    const { default: writeFileAtomic } = await loadPart(() => import('write-file-atomic'))
    try {
      await writeFileAtomic(this.path, formatCredentials(accounts), { mode: 0o600 })
    } catch (cause) {
      const message = `Cannot write the credentials file ${this.path} (${systemErrorCode(cause) ?? String(cause)}).`
      throw new BitTrickleError('DISK_ERROR', message, { cause })
    }
  }

  async #readOrNone(): Promise<Credentials> {
    try {
      return await this.read()
    } catch (error) {
      if (error instanceof BitTrickleError && systemErrorCode(error.cause) === 'ENOENT')
        return { secrets: new Map(), groups: new Map() }
      throw error
    }
  }
}

async function toSecret(username: string, password: string): Promise<string> {
  const inName = usernameProblem(username)
  if (inName !== undefined)
    throw new BitTrickleError('INVALID_OPTION', `The user name ${quote(username)} ${inName}.`)
  const inPassword = passwordProblem(password)
  if (inPassword !== undefined) throw new BitTrickleError('INVALID_OPTION', `The password ${inPassword}.`)
  return formatHash(await hashPassword(password))
}

function secretOf({ secrets }: Credentials, username: string): string {
  const secret = secrets.get(username)
  if (secret === undefined) throw new BitTrickleError('NOT_FOUND', `There is no user ${quote(username)}.`)
  return secret
}
