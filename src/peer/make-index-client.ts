import { join } from 'node:path'
import { loadKeyPair } from '../channel/key-file.js'
import { generateKeyPair, type KeyPair } from '../channel/noise.js'
import { systemRandom } from '../channel/random.js'
import { ClassicIndexClient } from './classic-index-client.js'
import type { IndexClient, IndexClientEvents } from './index-client.js'
import { KnownServers } from './known-servers.js'
import type { ResolvedPeerOptions } from './options.js'
import { SealedIndexClient } from './sealed-index-client.js'

/** Makes the way of speaking to the index that the options ask for. */
export function makeIndexClient(options: ResolvedPeerOptions, events: IndexClientEvents): IndexClient {
  const { protocol, server, username, stateDir, clock } = options
  if (protocol === 'classic') return new ClassicIndexClient({ server, username, clock })
  return new SealedIndexClient({
    server,
    deviceKey: () => loadDeviceKey(stateDir),
    knownServers: new KnownServers(stateDir),
    clock,
    events,
  })
}

// The secret half of the device's identity.
async function loadDeviceKey(stateDir: string | undefined): Promise<KeyPair> {
  return stateDir === undefined ? generateKeyPair(systemRandom) : loadKeyPair(join(stateDir, 'device.key'))
}
