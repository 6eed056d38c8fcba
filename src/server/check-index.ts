import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { formatKey, readKeyPair } from '../channel/key-file.js'
import { BitTrickleError, systemErrorCode } from '../errors.js'
import { loadPart } from '../load-part.js'
import { CredentialsFile } from './accounts/credentials-file.js'
import { SqliteStore } from './catalogue/sqlite-store.js'
import { CATALOGUE_FILE, KEY_FILE } from './data-files.js'
import { resolveLimits } from './limits.js'
import {
  type IndexServerOptions,
  resolveAudit,
  resolveClassic,
  resolveCredentials,
  resolveDataDir,
  resolveHeartbeat,
  resolveHost,
  resolvePort,
} from './options.js'

/** What {@link checkIndex} has found. */
export interface IndexCheck {
  /** What would keep the index from starting; none where it would start. */
  readonly faults: readonly BitTrickleError[]
  /** What its operator should know, a sentence each. */
  readonly notes: readonly string[]
}

/**
 * Looks whether an `IndexServer` with these options would start, without listening. It reads the credentials file, the
 * key, the catalogue and the end of the audit trail, and finds every fault rather than the first one. It makes and alters
 * nothing, but that SQLite takes what a crash has left in the log of the catalogue into its file, as each start does.
 *
 * @example
 * ```ts
 * const { faults } = await checkIndex({ credentials: 'credentials.txt', dataDir: 'data' })
 * for (const { message } of faults) console.error(message)
 * ```
 */
export async function checkIndex(options: IndexServerOptions = {}): Promise<IndexCheck> {
  const found = new Findings()
  await found.gather(() => resolveHost(options.host))
  await found.gather(() => resolvePort(options.port))
  await found.gather(() => resolveHeartbeat(options.heartbeat))
  await found.gather(() => resolveClassic(options.classic))
  await found.gather(() => resolveLimits(options.limits))
  await found.gather(() => checkCredentials(options.credentials, found))
  const dataDir = await found.gather(() => resolveDataDir(options.dataDir))
  if (dataDir !== undefined) await found.gather(() => checkDataDir(dataDir, options, found))
  const audit = await found.gather(() => resolveAudit(options.audit))
  if (audit !== undefined) {
    const { AuditFile } = await loadPart(() => import('./audit/audit-file.js'))
    const lines = await found.gather(() => AuditFile.check(audit))
    if (lines !== undefined) {
      found.note(`The audit trail ${audit} ${lines === 0 ? 'would be begun' : `has ${lines} lines`}.`)
    }
  }
  return found
}

class Findings implements IndexCheck {
  readonly faults: BitTrickleError[] = []
  readonly notes: string[] = []

  note(sentence: string): void {
    this.notes.push(sentence)
  }

  /** Runs a check; undefined where it has found a fault. */
  async gather<T>(check: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await check()
    } catch (error) {
      if (!(error instanceof BitTrickleError)) throw error
      this.faults.push(error)
      return undefined
    }
  }
}

async function checkCredentials(option: IndexServerOptions['credentials'], found: Findings): Promise<void> {
  const credentials = resolveCredentials(option)
  if (typeof credentials === 'function') return
  const file = new CredentialsFile(credentials)
  const problems = await file.problems()
  found.faults.push(...problems.map((problem) => new BitTrickleError('INVALID_CREDENTIALS_FILE', problem)))
  if (problems.length > 0) return
  const accounts = await file.list()
  if (accounts.length === 0)
    found.note(`The credentials file ${credentials} has no account: nobody can log in.`)
  else found.note(`The credentials file ${credentials} has ${accounts.length} account(s).`)
  const plain = accounts.filter(({ hashed }) => !hashed).length
  if (plain > 0) {
    found.note(
      `${plain} of them stand(s) there with a plain password; replace it by "bittrickle-server user passwd NAME".`,
    )
  }
}

async function checkDataDir(dataDir: string, { store }: IndexServerOptions, found: Findings): Promise<void> {
  if (!(await isFolder(dataDir))) {
    await assertWritable(await nearestFolder(dataDir))
    found.note(`The data folder ${dataDir} would be made, with a new key: the identity of a new index.`)
    return
  }
  await found.gather(() => assertWritable(dataDir))
  await found.gather(() => checkKey(join(dataDir, KEY_FILE), found))
  const catalogue = join(dataDir, CATALOGUE_FILE)
  if (store !== undefined) return
  if ((await kindOf(catalogue)) === undefined) found.note(`The catalogue ${catalogue} would be made.`)
  else await found.gather(() => checkCatalogue(catalogue, found))
}

async function checkKey(path: string, found: Findings): Promise<void> {
  const keyPair = await readKeyPair(path)
  if (keyPair === undefined) {
    found.note(`The key ${path} would be made: the identity of a new index.`)
    return
  }
  found.note(`The key of the index is ${formatKey(keyPair.publicKey)}.`)
  // On Windows these bits say nothing.
  if (process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0) {
    found.note(`The key ${path} can be read by others than its owner; run "chmod 600" on it.`)
  }
}

async function checkCatalogue(path: string, found: Findings): Promise<void> {
  try {
    await SqliteStore.check(path)
    found.note(`The catalogue ${path} can be opened.`)
  } catch (error) {
    if (!(error instanceof BitTrickleError) || error.code !== 'STORE_LOCKED') throw error
    // As it is when an index that runs is to be told of a new configuration.
    found.note(
      `The catalogue ${path} is open in another process: an index that runs. A second one cannot start.`,
    )
  }
}

/** What is at a path; undefined where nothing is. */
async function kindOf(path: string): Promise<'folder' | 'other' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'other'
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT') return undefined
    throw unusable(path, cause)
  }
}

async function isFolder(path: string): Promise<boolean> {
  const kind = await kindOf(path)
  if (kind === 'other') throw unusable(path, 'it is no folder')
  return kind === 'folder'
}

async function nearestFolder(path: string): Promise<string> {
  const above = dirname(path)
  return (await isFolder(above)) ? above : nearestFolder(above)
}

async function assertWritable(path: string): Promise<void> {
  try {
    await access(path, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw unusable(path, cause)
  }
}

function unusable(path: string, cause: unknown): BitTrickleError {
  const why = systemErrorCode(cause) ?? String(cause)
  return new BitTrickleError(
    'DISK_ERROR',
    `The folder ${path} cannot be used by this user (${why}); give it to the user that the index runs as, or name another one.`,
    { cause },
  )
}
