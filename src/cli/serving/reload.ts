import { isDeepStrictEqual } from 'node:util'
import type { IndexServer } from '../../index.js'
import { findSettings, type ServerFlags } from './read-settings.js'
import type { ServerLog } from './server-log.js'
import { SETTINGS, type Settings, shown } from './settings.js'

// The bound on handshakes is looked at when the index starts.
const FIXED_LIMIT = 'handshakesPerSecond'

/** Takes what a running index can take of a new configuration, and says what takes a restart. */
export class Reloader {
  readonly #index: Pick<IndexServer, 'reload'>
  readonly #flags: ServerFlags
  readonly #log: ServerLog
  readonly #started: Settings
  #settings: Settings
  // One after the other.
  #last: Promise<void> = Promise.resolve()

  constructor(index: Pick<IndexServer, 'reload'>, flags: ServerFlags, settings: Settings, log: ServerLog) {
    this.#index = index
    this.#flags = flags
    this.#log = log
    this.#started = settings
    this.#settings = settings
  }

  /** Reads everything again. What is wrong is logged, and changes nothing. */
  reload(environment: Readonly<Record<string, string | undefined>> = process.env): Promise<void> {
    this.#last = this.#last.then(() => this.#reload(environment))
    return this.#last
  }

  async #reload(environment: Readonly<Record<string, string | undefined>>): Promise<void> {
    const { settings, faults } = await findSettings(this.#flags, environment)
    if (faults.length > 0) {
      this.#keep(faults)
      return
    }
    try {
      await this.#index.reload({ limits: settings.limits })
    } catch (error) {
      this.#keep([error instanceof Error ? error.message : String(error)])
      return
    }
    this.#log.style = { level: settings.logLevel, json: settings.json }
    const changed = this.#changed(this.#settings, settings)
    const live = changed.filter((name) => SETTINGS[name].isLive === true)
    for (const name of this.#changed(this.#started, settings)) {
      if (SETTINGS[name].isLive === true) continue
      const [now, wanted] = [shown(this.#started[name]), shown(settings[name])]
      this.#log.warn('a setting has changed that takes a restart', { setting: name, now, wanted })
    }
    const handshakes = settings.limits[FIXED_LIMIT]
    if (handshakes !== this.#started.limits[FIXED_LIMIT]) {
      this.#log.warn('a setting has changed that takes a restart', {
        setting: `limits.${FIXED_LIMIT}`,
        now: this.#started.limits[FIXED_LIMIT] ?? 'default',
        wanted: handshakes ?? 'default',
      })
    }
    this.#settings = settings
    this.#log.info('reloaded', { accounts: 'read again', changed: live.join(' ') || 'nothing else' })
  }

  #keep(faults: readonly string[]): void {
    for (const why of faults)
      this.#log.error('the new configuration is not taken; the old one goes on', { why })
  }

  #changed(before: Settings, after: Settings): (keyof Settings)[] {
    const names = Object.keys(SETTINGS) as (keyof Settings)[]
    return names.filter((name) => !isDeepStrictEqual(before[name], after[name]))
  }
}
