import { BitTrickleError } from '../../index.js'
import { EXIT } from '../exit-codes.js'
import { exitCodeOf } from '../failures.js'

/** What a look at one thing has brought. */
export interface Finding {
  /** What was looked at; the same words in every release. */
  readonly check: string
  readonly status: 'ok' | 'warning' | 'failure'
  /** What is so, and what that means. */
  readonly message: string
  /** What to do about it. */
  readonly advice?: string
  /** What a program that fails for it exits with. */
  readonly exitCode?: number
}

/** All is well. */
export const ok = (check: string, message: string): Finding => ({ check, status: 'ok', message })

/** It works, or part of it. */
export const warning = (check: string, message: string, advice: string): Finding => ({
  check,
  status: 'warning',
  message,
  advice,
})

/** It does not work. */
export const failure = (
  check: string,
  message: string,
  advice: string,
  exitCode: number = EXIT.failure,
): Finding => ({
  check,
  status: 'failure',
  message,
  advice,
  exitCode,
})

/** It does not work, as an error of the SDK says. Its message tells what to do. */
export function failed(check: string, error: unknown, advice: string): Finding {
  const message = error instanceof Error ? error.message : String(error)
  const code = exitCodeOf(error)
  // Of what doctor looks at, these alone are told apart.
  const isTold = code === EXIT.network || code === EXIT.authentication
  return failure(check, message, advice, isTold ? code : EXIT.failure)
}

/** Whether an error is one of the SDK with this code. */
export const hasCode = (error: unknown, code: BitTrickleError['code']): boolean =>
  error instanceof BitTrickleError && error.code === code
