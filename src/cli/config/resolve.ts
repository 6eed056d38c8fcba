import { dirname, resolve } from 'node:path'
import { BitTrickleError } from '../../index.js'
import { readConfig } from './file.js'
import {
  DEFAULT_CONFIG,
  DEFAULT_STATE,
  type Origin,
  SETTINGS,
  type SettingName,
  type Settings,
} from './settings.js'

/** What the command line says, as far as it says something. */
export type Flags = Readonly<Partial<Record<SettingName, unknown>>> & {
  readonly config?: string
  readonly passwordStdin?: boolean
  readonly debug?: boolean
}

/**
 * Puts together what was set: a flag is stronger than the environment, that than the configuration file, and that than
 * the default. Whatever is set is checked, also where something stronger takes its place.
 *
 * @throws BitTrickleError `INVALID_OPTION`, which says where the value comes from
 */
export async function resolveSettings(flags: Flags, environment: NodeJS.ProcessEnv): Promise<Settings> {
  const named = flags.config ?? nonEmpty(environment.BITTRICKLE_CONFIG)
  const config = resolve(named ?? DEFAULT_CONFIG)
  const file = await readConfig(config, named !== undefined)
  const cwd = process.cwd()
  const values: Record<string, unknown> = {
    share: cwd,
    download: cwd,
    state: DEFAULT_STATE,
    server: '5331',
    port: 0,
  }
  const origins: Record<string, Origin> = {}
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const key = name as SettingName
    const flag = setting.flags.split(' ')[0]
    const from: readonly (readonly [Origin, string, unknown, string])[] = [
      ['file', `"${name}" in ${config}`, file[key], dirname(config)],
      ['environment', setting.variable, nonEmpty(environment[setting.variable]), cwd],
      ['flag', `${flag}`, flags[key], cwd],
    ]
    origins[name] = 'default'
    for (const [origin, where, value, folder] of from) {
      if (value === undefined) continue
      const read = setting.read(value, folder)
      if (read === undefined) {
        const message = `${where} must be ${setting.needs}; received ${JSON.stringify(value)}.`
        throw new BitTrickleError('INVALID_OPTION', message)
      }
      values[name] = read
      origins[name] = origin
    }
  }
  const { passwordStdin = false, debug = false } = flags
  return { ...values, origins, config, passwordStdin, debug, environment } as unknown as Settings
}

// A variable that is empty counts as not set, as for NO_COLOR.
const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text)
