import { type Command, InvalidArgumentError, Option } from 'commander'
import { addAuditCommands } from './audit-commands.js'
import { EXIT } from './exit-codes.js'
import { endWithReader } from './lost-reader.js'
import { makeProgram, runProgram } from './program.js'
import type { ServerFlags } from './serving/read-settings.js'
import { LOG_LEVELS, SETTINGS, type Settings, shown, variableOf } from './serving/settings.js'
import { addCompletionCommand } from './shell-completion/completion-command.js'
import { addUserCommands } from './user-commands.js'

const AFTER_HELP = `
A flag counts before the environment variable in its brackets, that before the configuration file, that before the default.
SIGHUP reads the configuration and the accounts again; SIGTERM ends what is begun and then the index.`

/** The program `bittrickle-server`. Resolves to its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  endWithReader()
  let exitCode: number = EXIT.ok
  const failure = await runProgram(
    serverProgram((code) => {
      exitCode = code
    }),
    args,
  )
  return failure === EXIT.ok ? exitCode : failure
}

/** Builds the program, without running it. @param onExitCode - told what to exit with where it is not 0 */
export function serverProgram(onExitCode: (code: number) => void = () => {}): Command {
  const program = makeProgram('bittrickle-server', 'The index of a BitTrickle network.')
    .argument('[port]', describe('port', 'UDP port; 0 takes a free one'), reader('port'))
    .addOption(setting('host', '--host <address>', 'IP address to listen on'))
    .addOption(setting('credentials', '--credentials <file>', 'accounts, one "username password" a line'))
    .addOption(
      setting('data', '--data <folder>', 'where the index keeps its key, the identity that peers hold it to'),
    )
    .addOption(
      setting('audit', '--audit <file>', 'write who did what into this file; "audit verify" checks it'),
    )
    .addOption(
      setting('classic', '--classic', 'speak the original plain-text protocol too, on this machine only'),
    )
    .addOption(
      setting(
        'classicRemote',
        '--classic-remote',
        'take plain text from other machines too: anyone on the way can read it',
      ),
    )
    .addOption(
      setting('heartbeatInterval', '--heartbeat-interval <ms>', 'how often peers say that they are alive'),
    )
    .addOption(
      setting('heartbeatTimeout', '--heartbeat-timeout <ms>', 'silence after which they count as gone'),
    )
    .addOption(
      setting(
        'metrics',
        '--metrics <address>',
        'serve /metrics for Prometheus, and /healthz, at [HOST:]PORT over HTTP',
      ),
    )
    .addOption(setting('logLevel', '--log-level <level>', 'log this and what is graver').choices(LOG_LEVELS))
    .addOption(setting('json', '--json', 'log a JSON object a line'))
    .option('--config <file>', 'take what is not said here from this JSON file (BITTRICKLE_CONFIG)')
    .option(
      '--check-config',
      'say what would run, and everything that is wrong; listen to nothing, change nothing',
    )
    .addHelpText('after', AFTER_HELP)
    .action(async (port: number | undefined, given: ServerFlags & { checkConfig?: boolean }) => {
      const flags = { ...given, ...(port === undefined ? {} : { port }) }
      if (given.checkConfig === true) {
        const { checkConfig } = await import('./serving/check-config.js')
        onExitCode(await checkConfig(flags, process.env, { out: process.stdout, err: process.stderr }))
        return
      }
      const { serve } = await import('./serve.js')
      await serve(flags)
    })
  addUserCommands(program)
  addAuditCommands(program)
  addCompletionCommand(program)
  return program
}

function setting(name: keyof Settings, flags: string, description: string): Option {
  const option = new Option(flags, describe(name, description))
  return option.isBoolean() ? option : option.argParser(reader(name))
}

// Commander knows no default: it could not be told from a flag that says the same.
function describe(name: keyof Settings, description: string): string {
  const { initial, shownInitial = shown(initial) } = SETTINGS[name]
  return `${description} (default: ${shownInitial}; ${variableOf(name)})`
}

function reader(name: keyof Settings): (text: string) => unknown {
  const { fromText, expected } = SETTINGS[name]
  return (text) => {
    const value = fromText(text)
    if (value === undefined) throw new InvalidArgumentError(`It must be ${expected}.`)
    return value
  }
}
