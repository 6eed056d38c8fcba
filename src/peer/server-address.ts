import { isIPv6 } from 'node:net'
import { parseKey } from '../channel/key-file.js'
import { BitTrickleError } from '../errors.js'
import { quote } from '../wire/names.js'

/** Where an index is, as the `server` option says it. */
export interface ServerAddress {
  /** IP address or host name; IPv6 without brackets. */
  readonly host: string
  /** UDP port. */
  readonly port: number
  /** The index's public key, where the URI names one. */
  readonly key?: Buffer
}

/** UDP port of an index where nothing else is said. */
export const DEFAULT_INDEX_PORT = 5331

const FORMS = '"bittrickle://host:port?key=…", "host:port", "host", or a port on localhost'

/**
 * Reads the `server` option: a `bittrickle://` URI, `host:port`, `host`, or a port on localhost. IPv6 addresses stand
 * in brackets where a port follows (RFC 3986, 3.2.2).
 *
 * @throws {@link BitTrickleError} `INVALID_OPTION`
 */
export function parseServerAddress(server: string): ServerAddress {
  const text = typeof server === 'string' ? server.trim() : ''
  const address = /^bittrickle:\/\//i.test(text) ? parseUri(text) : parseShort(text)
  if (address === undefined) {
    const shown = typeof server === 'string' ? quote(server) : String(server)
    throw new BitTrickleError('INVALID_OPTION', `Peer: server must be ${FORMS}; received ${shown}.`)
  }
  return address
}

function parseUri(text: string): ServerAddress | undefined {
  const rest = text.slice('bittrickle://'.length)
  const match = /^(?<authority>[^/?#@]+)\/?(?:\?(?<query>[^#]*))?$/.exec(rest)
  const address = match?.groups?.authority === undefined ? undefined : parseHostPort(match.groups.authority)
  if (address === undefined) return undefined
  const key = new URLSearchParams(match?.groups?.query ?? '').get('key')
  if (key === null) return address
  const publicKey = parseKey(key)
  return publicKey === undefined ? undefined : { ...address, key: publicKey }
}

function parseShort(text: string): ServerAddress | undefined {
  if (/^\d+$/.test(text)) return withPort('localhost', text)
  if (isIPv6(text)) return { host: text, port: DEFAULT_INDEX_PORT }
  return parseHostPort(text)
}

function parseHostPort(text: string): ServerAddress | undefined {
  const bracketed = /^\[(?<host>[^\]]+)\](?::(?<port>\d+))?$/.exec(text)?.groups
  if (bracketed?.host !== undefined) {
    return isIPv6(bracketed.host) ? withPort(bracketed.host, bracketed.port) : undefined
  }
  const plain = /^(?<host>[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?)(?::(?<port>\d+))?$/.exec(
    text,
  )?.groups
  return plain?.host === undefined ? undefined : withPort(plain.host, plain.port)
}

function withPort(host: string, text: string | undefined): ServerAddress | undefined {
  const port = text === undefined ? DEFAULT_INDEX_PORT : Number(text)
  return port >= 1 && port <= 65_535 ? { host, port } : undefined
}
