import { isIPv6 } from 'node:net'

const DEFAULT_PORT = 5331
const HERE = ['localhost', '127.0.0.1', '::1']

/**
 * The index that a text names, as `host:port`: the same for all ways of naming one.
 * @returns undefined for what names none
 */
export function indexAddress(server: string): string | undefined {
  const text = server.trim()
  const authority = /^bittrickle:\/\/([^/?#@]+)\/?(?:\?[^#]*)?$/i.exec(text)?.[1] ?? text
  if (/^\d+$/.test(text)) return join('localhost', text)
  if (isIPv6(authority)) return join(authority)
  const [, v6, v6Port] = /^\[([^\]]+)\](?::(\d+))?$/.exec(authority) ?? []
  if (v6 !== undefined) return isIPv6(v6) ? join(v6, v6Port) : undefined
  const [, host, port] = /^(\w(?:[\w.-]{0,251}[\w.])?)(?::(\d+))?$/.exec(authority) ?? []
  return host === undefined ? undefined : join(host, port)
}

function join(host: string, port = String(DEFAULT_PORT)): string | undefined {
  const number = Number(port)
  if (number < 1 || number > 65_535) return undefined
  const name = HERE.includes(host.toLowerCase()) ? 'localhost' : host.toLowerCase()
  return `${name.includes(':') ? `[${name}]` : name}:${number}`
}
