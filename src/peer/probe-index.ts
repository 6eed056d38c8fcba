import { ChannelClient } from '../channel/channel-client.js'
import { type Address, formatAddress } from '../channel/datagram-socket.js'
import { formatKey } from '../channel/key-file.js'
import { generateKeyPair } from '../channel/noise.js'
import { systemRandom } from '../channel/random.js'
import { systemClock } from '../clock.js'
import { BitTrickleError } from '../errors.js'
import { indexUnreachable, openIndexSocket, resolveIndex } from './index-socket.js'
import { KnownServers } from './known-servers.js'
import { keyChanged } from './sealed-index-client.js'
import { parseServerAddress } from './server-address.js'

/** How {@link probeIndex} looks for an index. */
export interface ProbeOptions {
  /**
   * The state folder of a peer, whose `known_servers` says which key the index had before. Nothing is written there.
   * @defaultValue no index was met before
   */
  readonly stateDir?: string
  /**
   * Milliseconds until an index that does not answer is given up.
   * @defaultValue 5000
   */
  readonly timeout?: number
}

/** An index that answers. */
export interface IndexProbe {
  /** `host:port`, as it stands in `known_servers`. */
  readonly server: string
  /** The whole address, with the key: what a peer that shall accept no other index passes as `server`. */
  readonly uri: string
  /** Where the name led. */
  readonly address: Address
  /** Its public key, Base64url. */
  readonly key: string
  /** Why the key is believed: it stands in the address, it was met before, or it is new and would be trusted on first use. */
  readonly trust: 'address' | 'known' | 'new'
  /** Milliseconds that it took to find out where the name leads. */
  readonly lookup: number
  /** Milliseconds of the handshake: three round trips, and the cryptography at both ends. */
  readonly handshake: number
}

/**
 * Looks whether an index answers, and with the right key, without logging in. Nothing is remembered.
 *
 * @param server - as in {@link PeerOptions}
 * @throws {@link BitTrickleError} `INVALID_OPTION`, `INDEX_UNREACHABLE` (retryable), `SERVER_KEY_CHANGED`,
 * `UNSUPPORTED_VERSION`, `RATE_LIMITED` (retryable), `INDEX_FULL`, `DISK_ERROR`
 *
 * @example
 * ```ts
 * const { address, handshake } = await probeIndex('index.example')
 * console.log(address.host, 'answers; the handshake took', Math.round(handshake), 'ms')
 * ```
 */
export async function probeIndex(
  server: string,
  { stateDir, timeout = 5_000 }: ProbeOptions = {},
): Promise<IndexProbe> {
  const named = parseServerAddress(server)
  const name = formatAddress(named)
  const known = named.key ?? (await new KnownServers(stateDir).find(name))
  const clock = systemClock
  const begun = clock.monotonic()
  const address = await resolveIndex(named)
  const resolved = clock.monotonic()
  const socket = await openIndexSocket(address)
  const channel = new ChannelClient({
    // Its own would take over the channel of the peer that has it.
    keyPair: generateKeyPair(systemRandom),
    server: address,
    clock,
    send: (datagram, to) => socket.send(datagram, to),
  })
  socket.receive({ message: (datagram, from) => channel.handle(datagram, from), error: () => {} })
  try {
    await channel.connect({
      deadline: timeout,
      verifyServerKey: (key) => {
        if (known !== undefined && !key.equals(known)) throw keyChanged(name, known, key)
      },
    })
    const handshake = clock.monotonic() - resolved
    const key = formatKey(channel.serverKey ?? Buffer.alloc(0))
    const trust = named.key !== undefined ? 'address' : known !== undefined ? 'known' : 'new'
    const uri = `bittrickle://${name}?key=${key}`
    return { server: name, uri, address, key, trust, lookup: resolved - begun, handshake }
  } catch (error) {
    const isSilence = error instanceof BitTrickleError && error.code === 'INDEX_UNREACHABLE'
    throw isSilence ? indexUnreachable(named, error) : error
  } finally {
    channel.close()
    await socket.close()
  }
}
