import { createHash, timingSafeEqual } from 'node:crypto'
import { BitTrickleError } from '../../errors.js'
import { groupProblemOf, passwordProblem, quote, usernameProblem } from '../../wire/names.js'
import { impossibleHash, isHashText, type PasswordHash, parseHash, verifyPassword } from './password-hash.js'

/** The accounts of a credentials file. */
export interface Credentials {
  /** User name to what stands behind it: a hash in PHC form, with a "!" before it where the account is disabled, or a
   * plain password. */
  readonly secrets: ReadonlyMap<string, string>
  /** Name of a group, without the "@", to its members. */
  readonly groups: Groups
}

/** Which users are in which group. */
export type Groups = ReadonlyMap<string, ReadonlySet<string>>

// As in shadow(5): what no password can hash to. Only before a hash, since a plain password may begin so.
const DISABLED = '!'

/** What stands behind an account that is disabled. */
export const disabledSecret = (hash: string): string => `${DISABLED}${hash}`

/** What stood behind it before; undefined for one that is not disabled. */
export function enabledSecret(secret: string): string | undefined {
  const hash = secret.startsWith(DISABLED) ? secret.slice(DISABLED.length) : ''
  return isHashText(hash) ? hash : undefined
}

/** Whether nobody can log in with it. */
export const isDisabled = (secret: string): boolean => enabledSecret(secret) !== undefined

/**
 * The accounts in the text of a credentials file: one `username password` a line, separated by white space, as the
 * original has it; the password may be a scrypt hash in PHC form. A line that begins with "@" is a group and its members,
 * "@design alice bob"; several lines of one group add up. Empty lines are passed over; where a user stands twice, the last
 * line counts.
 *
 * @throws {@link BitTrickleError} `INVALID_CREDENTIALS_FILE`, which names the line
 */
export function parseCredentials(text: string, path: string): Credentials {
  const secrets = new Map<string, string>()
  const groups = new Map<string, Set<string>>()
  const [problem] = credentialsProblems(text, path)
  if (problem !== undefined) throw new BitTrickleError('INVALID_CREDENTIALS_FILE', problem)
  for (const line of text.split('\n')) {
    const [first = '', second = '', ...rest] = splitLine(line)
    if (first === '') continue
    if (!isGroupLine(first)) secrets.set(first, second)
    else if (second !== '') {
      const group = first.slice(1)
      groups.set(group, new Set([...(groups.get(group) ?? []), second, ...rest]))
    }
  }
  return { secrets, groups }
}

/** What is wrong with each bad line of a credentials file, as a sentence that names it. */
export function* credentialsProblems(text: string, path: string): IterableIterator<string> {
  for (const [index, line] of text.split('\n').entries()) {
    const words = splitLine(line)
    if (words[0] === undefined) continue
    const problem = isGroupLine(words[0]) ? groupProblem(words) : lineProblem(words)
    if (problem === undefined) continue
    yield `Line ${index + 1} of ${quote(path)} ${problem}; write one "username password" a line, or "@group user user …".`
  }
}

const isGroupLine = (firstWord: string): boolean => firstWord.startsWith('@')

/** Writes what {@link parseCredentials} reads. */
export function formatCredentials({ secrets, groups }: Credentials): string {
  const lines = [...secrets].map(([username, secret]) => `${username} ${secret}\n`)
  for (const [group, members] of groups) {
    if (members.size > 0) lines.push(`@${group} ${[...members].join(' ')}\n`)
  }
  return lines.join('')
}

function groupProblem([group = '', ...members]: readonly string[]): string | undefined {
  const inGroup = groupProblemOf(group.slice(1))
  if (inGroup !== undefined) return `has a group name that ${inGroup}`
  const problem = members.map(usernameProblem).find((found) => found !== undefined)
  return problem === undefined ? undefined : `has a member whose name ${problem}`
}

const splitLine = (line: string): string[] => line.split(/\s+/u).filter((word) => word !== '')

function lineProblem(words: readonly string[]): string | undefined {
  const [username = '', password = ''] = words
  if (words.length !== 2) return `has ${words.length} word(s)`
  const inName = usernameProblem(username)
  if (inName !== undefined) return `has a user name that ${inName}`
  const hash = enabledSecret(password) ?? password
  if (isHashText(hash)) {
    return parseHash(hash) === undefined ? 'has a hash that is malformed or dearer than 256 MiB' : undefined
  }
  const inPassword = passwordProblem(password)
  return inPassword === undefined ? undefined : `has a password that ${inPassword}`
}

/** The names whose password stands in the file as it is, for anyone to read. */
export function plainUsers({ secrets }: Credentials): string[] {
  return [...secrets].filter(([, secret]) => isPlain(secret)).map(([username]) => username)
}

/** Whether a password stands there as it is. */
export const isPlain = (secret: string): boolean => !isHashText(enabledSecret(secret) ?? secret)

/** Makes the check of a password against the accounts. */
export function checkerOf({
  secrets,
}: Credentials): (username: string, password: string) => Promise<boolean> {
  const hashes = [...secrets.values()].flatMap((secret) => parseHash(enabledSecret(secret) ?? secret) ?? [])
  // What a check of an unknown user, and of one with a plain password, costs: as much as of any other.
  const decoy = hashes.length === 0 ? undefined : impossibleHash(dearest(hashes))
  return async (username, password) => {
    const found = secrets.get(username)
    // A disabled one is as unknown as any other.
    const secret = found === undefined || isDisabled(found) ? undefined : found
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
