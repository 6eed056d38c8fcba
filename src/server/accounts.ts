import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { BitTrickleError, systemErrorCode } from '../errors.js'
import { passwordProblem, quote, usernameProblem } from '../wire/names.js'

/**
 * Decides whether this password is this user's. An app passes its own to take accounts from elsewhere.
 * When it throws or rejects, the login is refused and the index emits a `warning`.
 */
export type Authenticate = (username: string, password: string) => boolean | Promise<boolean>

/**
 * Reads accounts from a file with one `username password` a line, separated by white space, as the original has it.
 * Empty lines are passed over; where a user stands twice, the last line counts.
 *
 * @throws {@link BitTrickleError} `INVALID_CREDENTIALS_FILE` when the file cannot be read, or names the line that is wrong
 */
export async function loadCredentials(path: string): Promise<Authenticate> {
  return authenticateAgainst(parseCredentials(await readText(path), path))
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new BitTrickleError(
      'INVALID_CREDENTIALS_FILE',
      `Cannot read the credentials file ${quote(path)} (${systemErrorCode(cause)}); it holds one "username password" a line.`,
      { cause },
    )
  }
}

/** The accounts in the text of a credentials file: user name to password. */
export function parseCredentials(text: string, path: string): Map<string, string> {
  const passwords = new Map<string, string>()
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.split(/\s+/u).filter((word) => word !== '')
    if (words.length === 0) continue
    const [username = '', password = ''] = words
    const problem =
      words.length === 2
        ? (about('user name', usernameProblem(username)) ?? about('password', passwordProblem(password)))
        : `has ${words.length} word(s)`
    if (problem !== undefined) {
      throw new BitTrickleError(
        'INVALID_CREDENTIALS_FILE',
        `Line ${index + 1} of ${quote(path)} ${problem}; write one "username password" a line.`,
      )
    }
    passwords.set(username, password)
  }
  return passwords
}

const about = (what: string, problem: string | undefined): string | undefined =>
  problem === undefined ? undefined : `has a ${what} that ${problem}`

function authenticateAgainst(passwords: ReadonlyMap<string, string>): Authenticate {
  return (username, password) => {
    const expected = passwords.get(username)
    // The same work for an unknown user: the time of a refusal does not tell which names exist.
    const matches = timingSafeEqual(digest(expected ?? ''), digest(password))
    return expected !== undefined && matches
  }
}

// Digests have one length, which timingSafeEqual requires and which hides that of the password.
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
