import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { BitTrickleError } from '../../index.js'
import { SETTINGS, type Setting, type Settings, variableOf } from './settings.js'

/** The flags of `bittrickle-server` that were given, read already. */
export type ServerFlags = Partial<Settings> & { readonly config?: string; readonly debug?: boolean }

/** What was asked for, all in all. */
export interface FoundSettings {
  /** With the defaults in the place of what is wrong. */
  readonly settings: Settings
  /** Where each was found: "default", "command line", an environment variable, or the file. */
  readonly sources: Readonly<Record<keyof Settings, string>>
  /** What is wrong, a sentence each. */
  readonly faults: readonly string[]
}

type Environment = Readonly<Record<string, string | undefined>>
type Names = keyof Settings

/** Reads all settings: a flag counts before the environment, that before the configuration file, that before the default. */
export async function findSettings(flags: ServerFlags, environment: Environment): Promise<FoundSettings> {
  const faults: string[] = []
  const path = flags.config ?? nonEmpty(environment.BITTRICKLE_CONFIG)
  const file = path === undefined ? {} : await readConfigFile(path, faults)
  const sources: Partial<Record<Names, string>> = {}
  const find = <Name extends Names>(name: Name): Settings[Name] => {
    const setting = SETTINGS[name] as Setting<Settings[Name]>
    const choices: readonly (readonly [source: string, value: () => Settings[Name] | undefined])[] = [
      ['command line', () => flags[name] as Settings[Name] | undefined],
      [variableOf(name) ?? '', () => fromEnvironment(name, setting, environment, faults)],
      [path ?? '', () => fromFile(name, setting, file, path ?? '', faults)],
    ]
    // All are looked at: what is wrong in the file is wrong, too, where a flag counts before it.
    const found = choices.map(([source, value]) => ({ source, value: value() }))
    const first = found.find(({ value }) => value !== undefined)
    sources[name] = first?.source ?? 'default'
    return first?.value ?? setting.initial
  }
  const settings = Object.fromEntries((Object.keys(SETTINGS) as Names[]).map((name) => [name, find(name)]))
  const found = settings as unknown as Settings
  if (flags.debug === true) {
    return {
      settings: { ...found, logLevel: 'debug' },
      sources: { ...sources, logLevel: '--debug' } as never,
      faults,
    }
  }
  return { settings: found, sources: sources as Record<Names, string>, faults }
}

/**
 * Reads all settings.
 * @throws {@link BitTrickleError} `INVALID_OPTION`, which names everything that is wrong, a line each
 */
export async function readSettings(flags: ServerFlags, environment: Environment): Promise<Settings> {
  const { settings, faults } = await findSettings(flags, environment)
  if (faults.length > 0) throw new BitTrickleError('INVALID_OPTION', faults.join('\n'))
  return settings
}

// To set one to nothing is a way to be rid of it.
const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text)

function fromEnvironment<T>(
  name: Names,
  setting: Setting<T>,
  environment: Environment,
  faults: string[],
): T | undefined {
  const variable = variableOf(name)
  const text = variable === undefined ? undefined : nonEmpty(environment[variable])
  if (text === undefined) return undefined
  const value = setting.fromText(text)
  if (value === undefined)
    faults.push(`${variable} must be ${setting.expected}; received ${JSON.stringify(text)}.`)
  return value
}

function fromFile<T>(
  name: Names,
  setting: Setting<T>,
  file: Readonly<Record<string, unknown>>,
  path: string,
  faults: string[],
): T | undefined {
  const given = file[name]
  if (given === undefined) return undefined
  const value = setting.fromJson(given)
  if (value === undefined) {
    faults.push(`${path}: ${name} must be ${setting.expected}; received ${JSON.stringify(given)}.`)
  }
  return setting.isPath === true && typeof value === 'string' ? (resolve(dirname(path), value) as T) : value
}

async function readConfigFile(path: string, faults: string[]): Promise<Readonly<Record<string, unknown>>> {
  const fail = (why: string): Record<string, unknown> => {
    faults.push(`The configuration file ${path} ${why}.`)
    return {}
  }
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    return fail(`cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch (error) {
    return fail(`is no JSON: ${(error as Error).message}`)
  }
  if (typeof file !== 'object' || file === null || Array.isArray(file))
    return fail('must hold one object of settings')
  for (const [key, value] of Object.entries(file)) {
    if (!Object.hasOwn(SETTINGS, key)) {
      const names = Object.keys(SETTINGS).join(', ')
      faults.push(
        `${path}: there is no setting ${JSON.stringify(key)}, which is ${JSON.stringify(value)}; there are ${names}.`,
      )
    }
  }
  return file as Record<string, unknown>
}
