import { createConnection, createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { EXIT } from '../exit-codes.js'
import { type Finding, failure, ok, warning } from './finding.js'

/** Where a peer would listen. */
export interface ListenAddress {
  readonly host: string | undefined
  readonly port: number
}

const CONNECT_MS = 2_000

/** The addresses of this machine that others could know it by. */
export function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return all
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address)
}

/** Whether the TCP port can be had, and this machine reaches it at the addresses that others would use. */
export async function checkListener(
  { host = '::', port }: ListenAddress,
  addresses = ownAddresses(),
): Promise<Finding> {
  let server: Server
  try {
    server = await listen(host, port)
  } catch (error) {
    return explain(host, port, (error as NodeJS.ErrnoException).code ?? String(error))
  }
  try {
    const { port: bound } = server.address() as { port: number }
    const isAll = host === '::' || host === '0.0.0.0'
    const targets = isAll ? addresses : [host]
    const unreached: string[] = []
    for (const target of targets) if (!(await connects(target, bound))) unreached.push(target)
    const which = port === 0 ? 'A free TCP port can be had' : `TCP port ${port} can be had`
    if (unreached.length > 0) {
      return warning(
        'listener',
        `${which}, but this machine does not reach it at its own address ${unreached.join(', ')}: neither will others.`,
        'Let the port through in the firewall of this machine.',
      )
    }
    const reached = targets.length === 0 ? '' : `, and this machine reaches it at ${targets.join(', ')}`
    return ok(
      'listener',
      `${which}${reached}. Whether others reach it, a firewall or a router in between permitting, cannot be seen from here: let one of them fetch something.`,
    )
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

async function listen(host: string, port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy())
  const bind = (at: string): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: at, port }, resolve)
    })
  try {
    await bind(host)
  } catch (error) {
    if (host !== '::' || (error as NodeJS.ErrnoException).code !== 'EAFNOSUPPORT') throw error
    await bind('0.0.0.0')
  }
  return server
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: CONNECT_MS })
    const end = (isThere: boolean) => () => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false))
  })
}

function explain(host: string, port: number, code: string): Finding {
  const say = (message: string, advice: string): Finding => failure('listener', message, advice, EXIT.network)
  if (code === 'EADDRINUSE') {
    return say(
      `TCP port ${port} of ${host} is taken by another program, perhaps a peer that runs already.`,
      'Stop that one, or choose another port.',
    )
  }
  if (code === 'EACCES') {
    return say(`This user may not take TCP port ${port}.`, 'Choose a port of 1024 or above.')
  }
  if (code === 'EADDRNOTAVAIL') {
    return say(
      `This machine has no address ${host}.`,
      'Leave the host out, or name an address of this machine.',
    )
  }
  return say(`TCP port ${port} of ${host} cannot be had (${code}).`, 'Choose another port or host.')
}

// RFC 1918, RFC 6598, RFC 3927, and RFC 4193.
const PRIVATE =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|169\.254\.|127\.|f[cd][0-9a-f]{2}:|::1$)/i

const isPrivate = (host: string): boolean => PRIVATE.test(host)

/**
 * Whether there is probably a router between this machine and the index that gives it another address. The index does not tell
 * a peer where it sees it; this is what follows from the addresses alone.
 */
export function checkNat(index: string, addresses = ownAddresses()): Finding {
  const sameFamily = addresses.filter((address) => address.includes(':') === index.includes(':'))
  if (isPrivate(index)) {
    return ok(
      'address translation',
      'The index has an address of a private network, and so have its peers: none is expected in between.',
    )
  }
  const open = sameFamily.filter((address) => !isPrivate(address))
  if (open.length > 0)
    return ok(
      'address translation',
      `This machine has an address of its own on the internet: ${open.join(', ')}.`,
    )
  return warning(
    'address translation',
    `The index is on the internet, and this machine has private addresses only (${sameFamily.join(', ') || 'none of that family'}): a router in between translates them. You can fetch from others; they cannot fetch from you.`,
    'To share, name a TCP port with --port and forward it on the router, or join the group by a VPN.',
  )
}
