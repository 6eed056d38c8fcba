import type { Writable } from 'node:stream'
import { checkIndex } from '../../index.js'
import { EXIT } from '../exit-codes.js'
import { toOptions } from './index-options.js'
import { findSettings, type ServerFlags } from './read-settings.js'
import { SETTINGS, type Settings, shown } from './settings.js'

/** Where a check says what it has found. */
export interface CheckOutput {
  readonly out: Writable
  readonly err: Writable
}

/**
 * Looks at all that the server would look at when it starts, without listening or changing anything, and says what would run
 * and everything that would keep it from that.
 *
 * @returns the exit code
 */
export async function checkConfig(
  flags: ServerFlags,
  environment: Readonly<Record<string, string | undefined>>,
  { out, err }: CheckOutput,
): Promise<number> {
  const { settings, sources, faults: inSettings } = await findSettings(flags, environment)
  const { faults: inFiles, notes } = await checkIndex(toOptions(settings))
  const faults = [...inSettings, ...inFiles.map(({ message }) => message)]
  if (settings.json) {
    out.write(`${JSON.stringify({ ok: faults.length === 0, settings, sources, notes, faults })}\n`)
  } else {
    const names = Object.keys(SETTINGS) as (keyof Settings)[]
    out.write('The index would run with\n')
    for (const name of names) out.write(`  ${name.padEnd(18)} ${shown(settings[name])} (${sources[name]})\n`)
    for (const note of notes) out.write(`${note}\n`)
    for (const fault of faults) err.write(`Fault: ${fault}\n`)
    if (faults.length === 0) out.write('No fault was found.\n')
  }
  return faults.length === 0 ? EXIT.ok : EXIT.usage
}
