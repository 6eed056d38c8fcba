import { BitTrickleError } from '../index.js'
import { changeConfig } from './config/file.js'
import { indexAddress } from './config/index-address.js'
import { forgetSecret, storeSecret } from './config/keyring.js'
import type { Settings } from './config/settings.js'
import { EXIT } from './exit-codes.js'
import { makeOutput } from './output/make-output.js'
import { terminalAsk } from './prompt.js'
import { printable } from './text.js'
import { withPeer } from './with-peer.js'

/** Logs in, and remembers where and as whom. Resolves to the exit code. */
export async function logInAndRemember(settings: Settings, named: string | undefined): Promise<number> {
  const server = await chooseServer(settings, named)
  if (server === undefined) return EXIT.authentication
  return withPeer(
    { ...settings, server },
    {
      name: 'login',
      share: 'leave',
      isQuick: true,
      async work({ output, username, password }) {
        const account = { server, username }
        const isKept = settings.keyring !== false && (await storeSecret(account, password))
        await changeConfig(settings.config, { server, username, keyring: isKept ? true : undefined })
        const where = printable(indexAddress(server) ?? server)
        output.result(`Logged in as ${printable(username)} at ${where}; remembered in ${settings.config}`, {
          server,
          username,
          config: settings.config,
          password: isKept ? 'kept' : 'asked',
        })
        if (!isKept) output.note('The password is not kept: it will be asked for, or BITTRICKLE_PASSWORD.')
        return EXIT.ok
      },
    },
  )
}

/** The index that was named; what is remembered or set is what is offered, not what is taken. */
async function chooseServer(settings: Settings, named: string | undefined): Promise<string | undefined> {
  if (named === undefined && settings.origins.server !== 'default') return settings.server
  const server = named ?? (await terminalAsk()?.('The address of the index:'))
  if (server === undefined) {
    if (terminalAsk() !== undefined) return undefined
    throw new BitTrickleError('INVALID_OPTION', 'It needs the address of the index: bittrickle login SERVER.')
  }
  if (indexAddress(server) !== undefined) return server
  throw new BitTrickleError(
    'INVALID_OPTION',
    `The server must be "bittrickle://host:port?key=…", "host:port", "host", or a port on localhost; received ${JSON.stringify(server)}.`,
  )
}

/** Forgets the server, the user and the password. Resolves to the exit code. */
export async function forgetLogin(settings: Settings): Promise<number> {
  const { config, server, username, keyring, origins } = settings
  const output = makeOutput(settings)
  if (origins.server !== 'file' && origins.username !== 'file') {
    output.note(`Nothing is remembered in ${config}.`, { event: 'note', message: 'Nothing is remembered.' })
    return EXIT.ok
  }
  if (keyring === true && username !== undefined) await forgetSecret({ server, username })
  await changeConfig(config, { server: undefined, username: undefined, keyring: undefined })
  output.result(`Forgot the index and the user in ${config}`, { config })
  return EXIT.ok
}
