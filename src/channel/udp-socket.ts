import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIP, isIPv4, isIPv6 } from 'node:net'
import { BitTrickleError, systemErrorCode } from '../errors.js'
import { type Address, type DatagramHandlers, type DatagramSocket, normalizeHost } from './datagram-socket.js'

// A burst from many peers at once waits in the kernel rather than being lost; the kernel may grant less.
const KERNEL_BUFFER_BYTES = 4 * 1024 * 1024

/** Where to bind a UDP socket. */
export interface UdpSocketOptions {
  /** IP address of the interface; `::` takes all, IPv4 and IPv6, or IPv4 alone where there is no IPv6. */
  readonly host: string
  /** UDP port; 0 takes a free one. */
  readonly port: number
}

/**
 * Opens a UDP socket.
 *
 * @throws {@link BitTrickleError} `ADDRESS_IN_USE`, or `INVALID_OPTION` for an address that is not this machine's
 */
export async function openUdpSocket(options: UdpSocketOptions): Promise<DatagramSocket> {
  try {
    return new UdpSocket(await bind(options))
  } catch (error) {
    if (options.host === '::' && systemErrorCode(error) === 'EAFNOSUPPORT') {
      return openUdpSocket({ ...options, host: '0.0.0.0' })
    }
    throw bindError(options, error)
  }
}

async function bind({ host, port }: UdpSocketOptions): Promise<Socket> {
  const family = isIPv6(host) ? 6 : 4
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    // Hosts are IP addresses already: Node's resolver would cost every datagram a turn of the event loop.
    lookup: (address, _options, callback) => callback(null, address, isIP(address)),
  })
  try {
    // The lookup above is synchronous, and so is the event.
    const listening = once(socket, 'listening')
    socket.bind({ address: host, port })
    await listening
  } catch (error) {
    socket.close()
    throw error
  }
  trySetBuffers(socket)
  return socket
}

function trySetBuffers(socket: Socket): void {
  try {
    socket.setRecvBufferSize(KERNEL_BUFFER_BYTES)
    socket.setSendBufferSize(KERNEL_BUFFER_BYTES)
  } catch {
    // Some systems refuse instead of granting less: their default serves.
  }
}

function bindError({ host, port }: UdpSocketOptions, cause: unknown): BitTrickleError {
  const code = systemErrorCode(cause)
  if (code === 'EADDRINUSE') {
    return new BitTrickleError(
      'ADDRESS_IN_USE',
      `UDP port ${port} of ${host} is taken by another program, perhaps an index that runs already; stop that one, or choose another port.`,
      {
        cause,
      },
    )
  }
  const why =
    code === 'EACCES'
      ? `this user may not: ports below 1024 are the administrator's; take a higher one, such as 5331`
      : code === 'EADDRNOTAVAIL'
        ? 'this machine has no such address; take one of its own, "::" for all'
        : code
  return new BitTrickleError('INVALID_OPTION', `Cannot listen on UDP ${host} port ${port} (${why}).`, {
    cause,
  })
}

// So many go out before the turn ends: the other side then works on them while we work on the next.
const MAX_WAITING = 32

/** The node:dgram binding of {@link DatagramSocket}. */
class UdpSocket implements DatagramSocket {
  readonly address: Address
  readonly #socket: Socket
  readonly #mapsIPv4: boolean
  readonly #outgoing: { readonly datagram: Uint8Array; readonly to: Address }[] = []
  #closed: Promise<void> | undefined

  constructor(socket: Socket) {
    const { address, port, family } = socket.address()
    this.address = { host: normalizeHost(address), port }
    this.#mapsIPv4 = family === 'IPv6'
    this.#socket = socket
  }

  receive(handlers: DatagramHandlers): void {
    this.#socket.on('message', (datagram: Buffer, { address, port }: RemoteInfo) => {
      handlers.message(datagram, { host: normalizeHost(address), port })
    })
    this.#socket.on('error', (error) => handlers.error(error))
  }

  // What one turn of the event loop sends goes out together. To wake up the other side for each datagram takes longer
  // than to send it: one by one, an index on loopback answers a third less.
  send(datagram: Uint8Array, to: Address): void {
    if (this.#closed !== undefined) return
    const waiting = this.#outgoing.push({ datagram, to })
    if (waiting === MAX_WAITING) this.#flush()
    else if (waiting === 1) setImmediate(this.#flush)
  }

  readonly #flush = (): void => {
    for (const { datagram, to } of this.#outgoing) {
      const host = this.#mapsIPv4 && isIPv4(to.host) ? `::ffff:${to.host}` : to.host
      // Without a callback, which would cost a turn of the event loop: what cannot be sent is lost.
      this.#socket.send(datagram, to.port, host)
    }
    this.#outgoing.length = 0
  }

  close(): Promise<void> {
    if (this.#closed === undefined) this.#flush()
    this.#closed ??= new Promise((resolve) => this.#socket.close(() => resolve()))
    return this.#closed
  }
}
