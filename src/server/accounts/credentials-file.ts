import { readFile } from 'node:fs/promises'
import writeFileAtomic from 'write-file-atomic'
import { BitTrickleError, systemErrorCode } from '../../errors.js'
import { passwordProblem, quote, usernameProblem } from '../../wire/names.js'
import { type Credentials, parseCredentials } from './credentials.js'
import { formatHash, hashPassword, isHashText } from './password-hash.js'

/** An account of a credentials file. */
export interface AccountInfo {
  readonly username: string
  /** Whether the password stands in the file as a hash, and not for anyone to read. */
  readonly hashed: boolean
}

/**
 * The accounts in a file, one `username password` a line. Passwords are written as scrypt hashes in PHC form. A
 * running IndexServer notices a change within a second.
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
    return [...(await this.read())].map(([username, secret]) => ({ username, hashed: isHashText(secret) }))
  }

  /**
   * Adds an account.
   * @throws {@link BitTrickleError} `INVALID_OPTION` for a user who is there already, and for a name or password that
   * is empty, too long or holds white space; `INVALID_CREDENTIALS_FILE`
   */
  async add(username: string, password: string): Promise<void> {
    const secret = await toSecret(username, password)
    await this.#edit((accounts) => {
      if (accounts.has(username)) {
        throw new BitTrickleError(
          'INVALID_OPTION',
          `User ${username} is there already; give another password instead.`,
        )
      }
      accounts.set(username, secret)
    })
  }

  /**
   * Gives an account another password. Its session, if there is one, ends.
   * @throws {@link BitTrickleError} `NOT_FOUND`, `INVALID_OPTION`, `INVALID_CREDENTIALS_FILE`
   */
  async setPassword(username: string, password: string): Promise<void> {
    const secret = await toSecret(username, password)
    await this.#edit((accounts) => {
      assertThere(accounts, username)
      accounts.set(username, secret)
    })
  }

  /**
   * Removes an account. Its session, if there is one, ends.
   * @throws {@link BitTrickleError} `NOT_FOUND`, `INVALID_CREDENTIALS_FILE`
   */
  async remove(username: string): Promise<void> {
    await this.#edit((accounts) => {
      assertThere(accounts, username)
      accounts.delete(username)
    })
  }

  /** @internal Reads the accounts with what stands behind each. */
  async read(): Promise<Credentials> {
    try {
      return parseCredentials(await readFile(this.path, 'utf8'), this.path)
    } catch (cause) {
      if (cause instanceof BitTrickleError) throw cause
      throw new BitTrickleError(
        'INVALID_CREDENTIALS_FILE',
        `Cannot read the credentials file ${quote(this.path)} (${systemErrorCode(cause)}); it holds one "username password" a line.`,
        { cause },
      )
    }
  }

  // In one step, so that a reader never sees half a file, and readable by its owner alone.
  async #edit(edit: (accounts: Map<string, string>) => void): Promise<void> {
    const accounts = new Map(await this.#readOrNone())
    edit(accounts)
    const lines = [...accounts].map(([username, secret]) => `${username} ${secret}\n`)
    await writeFileAtomic(this.path, lines.join(''), { mode: 0o600 })
  }

  async #readOrNone(): Promise<Credentials> {
    try {
      return await this.read()
    } catch (error) {
      if (error instanceof BitTrickleError && systemErrorCode(error.cause) === 'ENOENT') return new Map()
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

function assertThere(accounts: Credentials, username: string): void {
  if (!accounts.has(username)) throw new BitTrickleError('NOT_FOUND', `There is no user ${quote(username)}.`)
}
