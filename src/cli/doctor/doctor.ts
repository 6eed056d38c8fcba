import type { Writable } from 'node:stream'
import { EXIT } from '../exit-codes.js'
import type { Finding } from './finding.js'
import { checkFolder, checkParts } from './folders.js'
import { checkLogin, checkReach } from './index-checks.js'
import { checkListener, checkNat } from './listener.js'
import { checkClock, checkFileLimit, checkVersions } from './system.js'

/** What doctor looks at: the settings of a peer. */
export interface DoctorOptions {
  /** The index, as a peer names it. */
  readonly server: string
  /** With a password, a login is tried. */
  readonly username?: string
  readonly password?: string
  readonly shareDir: string
  readonly downloadDir: string
  readonly stateDir?: string
  /** Of the TCP listener. */
  readonly host?: string
  readonly port?: number
  /** Milliseconds to wait for the index. */
  readonly timeout?: number
}

/** Where doctor says what it has found. */
export interface DoctorOutput {
  readonly out: Writable
  /** A JSON object a line, instead of sentences. */
  readonly json?: boolean
}

/**
 * Looks at all that a peer needs, and says of each whether it is in order, what that means and what to do.
 *
 * @returns the exit code: 0, or that of the first failure
 */
export async function doctor(options: DoctorOptions, { out, json = false }: DoctorOutput): Promise<number> {
  let exitCode: number = EXIT.ok
  for await (const finding of examine(options)) {
    if (finding.status === 'failure' && exitCode === EXIT.ok) exitCode = finding.exitCode ?? EXIT.failure
    out.write(json ? `${JSON.stringify(finding)}\n` : format(finding))
  }
  return exitCode
}

/** All findings, as they come. */
export async function* examine(options: DoctorOptions): AsyncGenerator<Finding> {
  const { server, username, password, shareDir, downloadDir, stateDir, host, port = 0, timeout } = options
  yield checkVersions()
  yield checkClock()
  yield await checkFileLimit()
  yield* await checkFolder({ use: 'share', path: shareDir })
  yield* await checkFolder({ use: 'download', path: downloadDir })
  yield await checkParts(downloadDir)
  if (stateDir !== undefined) yield* await checkFolder({ use: 'state', path: stateDir })
  yield await checkListener({ host, port })
  const { findings, probe } = await checkReach(server, stateDir, timeout)
  yield* findings
  if (probe === undefined) return
  yield checkNat(probe.address.host)
  if (username !== undefined && password !== undefined) yield await checkLogin(probe, { username, password })
}

const MARKS = { ok: 'ok       ', warning: 'warning  ', failure: 'FAILURE  ' } as const

function format({ check, status, message, advice }: Finding): string {
  const lines = [
    `${MARKS[status]}${check}: ${message}`,
    ...(advice === undefined ? [] : [`         ${advice}`]),
  ]
  return lines.map((line) => `${line}\n`).join('')
}
