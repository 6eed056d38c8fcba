import { createHash, timingSafeEqual } from 'node:crypto'
import { BitTrickleError } from '../../errors.js'
import { passwordProblem, quote, usernameProblem } from '../../wire/names.js'
import { impossibleHash, isHashText, type PasswordHash, parseHash, verifyPassword } from './password-hash.js'

/** The accounts of a credentials file: user name to what stands behind it, a hash in PHC form or a plain password. */
export type Credentials = ReadonlyMap<string, string>

/**
 * The accounts in the text of a credentials file: one `username password` a line, separated by white space, as the
 * original has it; the password may be a scrypt hash in PHC form. Empty lines are passed over; where a user stands
 * twice, the last line counts.
 *
 * @throws {@link BitTrickleError} `INVALID_CREDENTIALS_FILE`, which names the line
 */
export function parseCredentials(text: string, path: string): Credentials {
  const accounts = new Map<string, string>()
  for (const [index, line] of text.split('\n').entries()) {
    const words = splitLine(line)
    if (words.length === 0) continue
    const problem = lineProblem(words)
    if (problem !== undefined) {
      throw new BitTrickleError(
        'INVALID_CREDENTIALS_FILE',
        `Line ${index + 1} of ${quote(path)} ${problem}; write one "username password" a line.`,
      )
    }
    accounts.set(words[0] as string, words[1] as string)
  }
  return accounts
}

const splitLine = (line: string): string[] => line.split(/\s+/u).filter((word) => word !== '')

function lineProblem(words: readonly string[]): string | undefined {
  const [username = '', password = ''] = words
  if (words.length !== 2) return `has ${words.length} word(s)`
  const inName = usernameProblem(username)
  if (inName !== undefined) return `has a user name that ${inName}`
  if (isHashText(password)) {
    return parseHash(password) === undefined
      ? 'has a hash that is malformed or dearer than 256 MiB'
      : undefined
  }
  const inPassword = passwordProblem(password)
  return inPassword === undefined ? undefined : `has a password that ${inPassword}`
}

/** The names whose password stands in the file as it is, for anyone to read. */
export function plainUsers(credentials: Credentials): string[] {
  return [...credentials].filter(([, secret]) => !isHashText(secret)).map(([username]) => username)
}

/** Makes the check of a password against the accounts. */
export function checkerOf(
  credentials: Credentials,
): (username: string, password: string) => Promise<boolean> {
  const hashes = [...credentials.values()].flatMap((secret) => parseHash(secret) ?? [])
  // What a check of an unknown user, and of one with a plain password, costs: as much as of any other.
  const decoy = hashes.length === 0 ? undefined : impossibleHash(dearest(hashes))
  return async (username, password) => {
    const secret = credentials.get(username)
    const hash = secret === undefined ? undefined : parseHash(secret)
    if (hash !== undefined) return verifyPassword(password, hash)
    if (decoy !== undefined) await verifyPassword(password, decoy)
    const matches = timingSafeEqual(digest(secret ?? ''), digest(password))
    return secret !== undefined && matches
  }
}

const dearest = (hashes: readonly PasswordHash[]): PasswordHash =>
  hashes.reduce((most, hash) => (hash.ln > most.ln ? hash : most))

// Digests have one length, which timingSafeEqual requires and which hides that of the password.
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
