import { CommanderError } from 'commander'
import { BitTrickleError, type ErrorCode } from '../index.js'
import { EXIT } from './exit-codes.js'
import { hintOf } from './hints.js'
import { printable } from './text.js'

/** The exit code of each error code. */
export const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  INVALID_OPTION: EXIT.usage,
  INVALID_NAME: EXIT.usage,
  INVALID_STATE: EXIT.failure,
  NOT_SUPPORTED: EXIT.usage,
  AUTHENTICATION_FAILED: EXIT.authentication,
  ALREADY_ACTIVE: EXIT.authentication,
  NOT_LOGGED_IN: EXIT.authentication,
  FORBIDDEN: EXIT.authentication,
  // Like other things that may work later.
  RATE_LIMITED: EXIT.network,
  SERVER_KEY_CHANGED: EXIT.authentication,
  SESSION_REPLACED: EXIT.authentication,
  NOT_FOUND: EXIT.notFound,
  NOT_PUBLISHED: EXIT.notFound,
  // Nobody else has it.
  OWN_PUBLICATION: EXIT.notFound,
  OUTSIDE_SHARE: EXIT.usage,
  TARGET_EXISTS: EXIT.failure,
  TARGET_BUSY: EXIT.failure,
  UNSAFE_TARGET: EXIT.failure,
  INDEX_FULL: EXIT.failure,
  UPLOADS_FULL: EXIT.network,
  MESSAGE_TOO_LARGE: EXIT.failure,
  INDEX_UNREACHABLE: EXIT.network,
  INVALID_REPLY: EXIT.network,
  UNSUPPORTED_VERSION: EXIT.network,
  PROTOCOL_ERROR: EXIT.network,
  SOURCE_UNREACHABLE: EXIT.network,
  SOURCE_LOST: EXIT.network,
  CONTENT_MISMATCH: EXIT.integrity,
  ADDRESS_IN_USE: EXIT.network,
  AUDIT_BROKEN: EXIT.integrity,
  AUDIT_FOREIGN: EXIT.failure,
  FILE_UNREADABLE: EXIT.failure,
  FILE_CHANGED: EXIT.failure,
  DISK_ERROR: EXIT.failure,
  INVALID_CREDENTIALS_FILE: EXIT.failure,
  STORE_UNAVAILABLE: EXIT.failure,
  STORE_LOCKED: EXIT.failure,
  STORE_FOREIGN: EXIT.failure,
  STORE_NEWER: EXIT.failure,
  STORE_DAMAGED: EXIT.integrity,
  ABORTED: EXIT.failure,
  CLOSED: EXIT.failure,
  INTERNAL: EXIT.failure,
}

/** Something that did not work, as it is shown: with `--json`, exactly so. */
export interface Failure {
  readonly code: string
  readonly message: string
  /** What to do next, where the message does not say it. */
  readonly hint?: string
  readonly exitCode: number
  /** What it is about, where there were several things. */
  readonly name?: string
  /** Where it happened, with `--debug`. */
  readonly stack?: string
}

/** The exit code for an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  return error instanceof BitTrickleError ? EXIT_CODES[error.code] : EXIT.failure
}

/** An error as it is shown. */
export function toFailure(error: unknown, debug: boolean): Failure {
  const hint = hintOf(error)
  return {
    code: codeOf(error),
    message: describeError(error, false),
    ...(hint === undefined ? {} : { hint }),
    exitCode: exitCodeOf(error),
    ...(debug && error instanceof Error ? { stack: error.stack ?? error.message } : {}),
  }
}

/** A failure as sentences. */
export function failureText(
  { message, hint, stack }: Failure,
  colors: { readonly dim: (text: string) => string },
): string {
  return [stack ?? message, ...(hint === undefined ? [] : [colors.dim(hint)])].join('\n')
}

function codeOf(error: unknown): string {
  if (error instanceof BitTrickleError) return error.code
  return error instanceof CommanderError ? 'INVALID_OPTION' : 'INTERNAL'
}

/** What went wrong, as a sentence; with `debug`, where. */
export function describeError(error: unknown, debug: boolean): string {
  if (debug && error instanceof Error) return error.stack ?? error.message
  if (error instanceof BitTrickleError) return error.message
  if (error instanceof CommanderError) return usageText(error.message)
  const system = systemText(error)
  if (system !== undefined) return system
  return `Unexpected failure: ${error instanceof Error ? error.message : String(error)} (--debug shows where)`
}

// What commander says begins with "error:", and may have a suggestion in a line of its own.
function usageText(message: string): string {
  const text = message.replace(/^error: /, '').replaceAll('\n', ' ')
  const sentence = `${text.charAt(0).toUpperCase()}${text.slice(1)}`
  return /[.?!)]$/.test(sentence) ? sentence : `${sentence}.`
}

const SYSTEM: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full',
  EDQUOT: 'No more of the disk may be used',
  EACCES: 'Permission denied',
  EPERM: 'Permission denied',
  EROFS: 'The disk can only be read',
  ENOENT: 'There is no such file or folder',
  ENOTDIR: 'It is no folder',
  EISDIR: 'It is a folder',
  EMFILE: 'Too many files are open; raise the limit, "ulimit -n"',
  ENFILE: 'Too many files are open on this machine',
  EADDRINUSE: 'Another program has the port; choose another one',
  EADDRNOTAVAIL: 'This machine does not have the address',
  ENETUNREACH: 'The network cannot be reached',
}

/** What the system says, as a sentence; undefined for what does not come from it. */
function systemText(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, path, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  const text = code !== undefined && Object.hasOwn(SYSTEM, code) ? SYSTEM[code] : undefined
  if (text === undefined) return undefined
  const about = path ?? (address === undefined ? undefined : `${address}:${port ?? '?'}`)
  return `${text}${about === undefined ? '' : `: ${printable(about)}`} (${code}).`
}
