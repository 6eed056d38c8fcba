import { lookup } from 'node:dns/promises'
import {
  type Address,
  type DatagramSocket,
  formatAddress,
  isLoopback,
  normalizeHost,
} from '../channel/datagram-socket.js'
import { openUdpSocket } from '../channel/udp-socket.js'
import { BitTrickleError } from '../errors.js'
import type { ServerAddress } from './server-address.js'

/** Where an index is now. */
export type ResolveIndex = (server: ServerAddress) => Promise<Address>

/** Opens a socket that reaches an index. */
export type OpenIndexSocket = (index: Address) => Promise<DatagramSocket>

/**
 * Asks DNS where the index is.
 * @throws BitTrickleError `INDEX_UNREACHABLE`
 */
export async function resolveIndex(server: ServerAddress): Promise<Address> {
  try {
    // An index that listens on IPv4 alone is found by "localhost" too.
    const { address } = await lookup(server.host, { order: 'ipv4first' })
    return { host: normalizeHost(address), port: server.port }
  } catch (cause) {
    throw indexUnreachable(server, cause)
  }
}

/** Opens a socket of the index's family, on loopback where the index is there. */
export function openIndexSocket({ host }: Address): Promise<DatagramSocket> {
  const isIPv6 = host.includes(':')
  if (isLoopback(host)) return openUdpSocket({ host: isIPv6 ? '::1' : '127.0.0.1', port: 0 })
  return openUdpSocket({ host: isIPv6 ? '::' : '0.0.0.0', port: 0 })
}

/** Whether a socket that {@link openIndexSocket} opened towards one address reaches the other too. */
export function isSameSide(a: Address, b: Address): boolean {
  return a.host.includes(':') === b.host.includes(':') && isLoopback(a.host) === isLoopback(b.host)
}

/** The error for an index that does not answer. */
export function indexUnreachable(server: ServerAddress, cause?: unknown): BitTrickleError {
  return new BitTrickleError(
    'INDEX_UNREACHABLE',
    `No answer from the index at ${formatAddress(server)} (UDP). Is it running, and does a firewall let UDP through?`,
    { retryable: true, cause },
  )
}
