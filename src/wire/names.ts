import { BitTrickleError } from '../errors.js'
import {
  MAX_EXTENSION_BYTES,
  MAX_NAME_BYTES,
  MAX_PASSWORD_BYTES,
  MAX_QUERY_BYTES,
  MAX_USERNAME_BYTES,
} from './limits.js'

// C0 and C1 controls and DEL; line and paragraph separators would tear a list of names apart on a terminal.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u
// Half a surrogate pair has no UTF-8 form: it would come back as another name.
const LONE_SURROGATE = /\p{Surrogate}/u

/** 32 bytes in Base64url. The last character has four bits of them: with any other one, two texts would mean the same. */
export const KEY = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/** What is wrong with a publication's name, as the end of a sentence ("the name …"), or undefined. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `is longer than ${MAX_NAME_BYTES} bytes`
  if (LONE_SURROGATE.test(name)) return 'is not well-formed Unicode'
  if (CONTROL.test(name)) return 'contains a control character'
  if (name.includes('\\')) return 'contains a backslash; separate folders by "/"'
  if (name.startsWith('/')) return 'is an absolute path; names are relative'
  if (name.normalize('NFC') !== name) return 'is not in Unicode normal form C'
  for (const part of name.split('/')) {
    if (part === '') return 'has an empty part'
    if (part === '.' || part === '..') return `has the part "${part}"`
  }
  return undefined
}

/**
 * Checks the name of a publication: a POSIX-style relative path in UTF-8 (NFC), at most 512 bytes, with no empty,
 * `.` or `..` part, no control character and no backslash.
 *
 * @throws {@link BitTrickleError} `INVALID_NAME`
 */
export function assertName(name: string): void {
  const problem = nameProblem(name)
  if (problem !== undefined) throw new BitTrickleError('INVALID_NAME', `The name ${quote(name)} ${problem}.`)
}

/** What is wrong with a user name, as the end of a sentence, or undefined. */
export function usernameProblem(username: string): string | undefined {
  // Where a user can be named, "@design" is a group.
  if (username.startsWith('@')) return 'begins with "@", as groups do'
  return wordProblem(username, MAX_USERNAME_BYTES)
}

/** What is wrong with the name of a group, without its "@", as the end of a sentence, or undefined. */
export function groupProblemOf(group: string): string | undefined {
  if (group.startsWith('@')) return 'begins with "@@"'
  return wordProblem(group, MAX_USERNAME_BYTES - 1)
}

/** What is wrong with a password, as the end of a sentence, or undefined. */
export function passwordProblem(password: string): string | undefined {
  return wordProblem(password, MAX_PASSWORD_BYTES)
}

/** What is wrong with the root of a content, as the end of a sentence, or undefined. */
export function rootProblem(root: string): string | undefined {
  return KEY.test(root) ? undefined : 'is not 32 bytes in Base64url, 43 characters'
}

/** What is wrong with a search text, as the end of a sentence, or undefined. */
export function queryProblem(query: string): string | undefined {
  return textProblem(query, MAX_QUERY_BYTES)
}

/** What is wrong with the beginning of a name, as the end of a sentence, or undefined. */
export function prefixProblem(prefix: string): string | undefined {
  return textProblem(prefix, MAX_NAME_BYTES)
}

/** What is wrong with a pattern for names, as the end of a sentence, or undefined. */
export function globProblem(glob: string): string | undefined {
  if (glob === '') return 'is empty'
  if (glob.includes('\\')) return 'contains a backslash, which no name has'
  return textProblem(glob, MAX_QUERY_BYTES)
}

/** What is wrong with the extension of names, as the end of a sentence, or undefined. */
export function extensionProblem(extension: string): string | undefined {
  if (extension === '') return 'is empty'
  if (extension.startsWith('.')) return 'begins with a dot; leave it out'
  if (extension.includes('/')) return 'contains a slash'
  return textProblem(extension, MAX_EXTENSION_BYTES)
}

function textProblem(text: string, maxBytes: number): string | undefined {
  if (Buffer.byteLength(text) > maxBytes) return `is longer than ${maxBytes} bytes`
  if (LONE_SURROGATE.test(text)) return 'is not well-formed Unicode'
  if (CONTROL.test(text)) return 'contains a control character'
  return undefined
}

// User names and passwords are single words: credentials.txt and the classic protocol split them by white space.
function wordProblem(word: string, maxBytes: number): string | undefined {
  if (word === '') return 'is empty'
  if (Buffer.byteLength(word) > maxBytes) return `is longer than ${maxBytes} bytes`
  if (LONE_SURROGATE.test(word)) return 'is not well-formed Unicode'
  if (CONTROL.test(word)) return 'contains a control character'
  if (/\s/u.test(word)) return 'contains white space'
  return undefined
}

/** A text from elsewhere, made safe to show in a message: one line, escaped, not too long. */
export function quote(text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 79)}…` : text
  return JSON.stringify(shown)
}
