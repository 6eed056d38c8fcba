import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { BitTrickleError } from '../../index.js'
import { SETTINGS, type SettingName } from './settings.js'

/** What stands in a configuration file. */
export type ConfigFile = Readonly<Partial<Record<SettingName, unknown>>>

/**
 * Reads a configuration file: a JSON object whose keys are settings.
 *
 * @param isNamed - the user has named this file, so it has to be there
 * @throws BitTrickleError `INVALID_OPTION`, which names the file and the key
 */
export async function readConfig(path: string, isNamed: boolean): Promise<ConfigFile> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' && !isNamed) return {}
    throw invalid(`The configuration file ${path} cannot be read (${code}).`, cause)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid(`The configuration file ${path} is no JSON: ${(cause as Error).message}.`, cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`The configuration file ${path} must be an object, such as {"server": "index.example"}.`)
  }
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(SETTINGS, key))
  if (unknown !== undefined) {
    const known = Object.keys(SETTINGS).join(', ')
    const hint = /password/i.test(unknown)
      ? 'A password does not belong there: "bittrickle login" has the system keep it, where it can'
      : `There are: ${known}`
    throw invalid(`The configuration file ${path} has the unknown key ${JSON.stringify(unknown)}. ${hint}.`)
  }
  return value as ConfigFile
}

/**
 * Changes some keys of a configuration file, and leaves the others. `undefined` removes one.
 * @throws BitTrickleError `INVALID_OPTION` for a file that is there and cannot be understood, `DISK_ERROR`
 */
export async function changeConfig(path: string, changes: ConfigFile): Promise<void> {
  const before = await readConfig(path, false)
  const after = Object.entries({ ...before, ...changes }).filter(([, value]) => value !== undefined)
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFileAtomic(path, `${JSON.stringify(Object.fromEntries(after), null, 2)}\n`, { mode: 0o600 })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new BitTrickleError('DISK_ERROR', `The configuration file ${path} cannot be written (${code}).`, {
      cause,
    })
  }
}

const invalid = (message: string, cause?: unknown): BitTrickleError =>
  new BitTrickleError('INVALID_OPTION', message, { cause })
