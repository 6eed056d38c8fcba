import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { formatAddress } from '../../channel/datagram-socket.js'
import type { ResolvedPeerOptions } from '../options.js'
import { Share, type ShareOptions } from './share.js'

/** Makes the share of a peer: out of its folder, remembered in its state folder. */
export function makeShare(options: ResolvedPeerOptions, onWarning: ShareOptions['onWarning']): Share {
  const { shareDir, stateDir, protocol } = options
  return new Share({
    folder: shareDir,
    ...(stateDir === undefined
      ? {}
      : { memoryPath: memoryPath(stateDir, options), cachePath: join(stateDir, 'hashes') }),
    hashes: protocol === 'sealed',
    onWarning,
  })
}

// One state folder serves several accounts: what one of them publishes is nothing to the others.
function memoryPath(stateDir: string, { username, server }: ResolvedPeerOptions): string {
  const account = createHash('sha256')
    .update(`${username}@${formatAddress(server)}`)
    .digest('hex')
  return join(stateDir, `published-${account.slice(0, 16)}.json`)
}
