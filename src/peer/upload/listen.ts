import { once } from 'node:events'
import type { Server } from 'node:net'
import { BitTrickleError, systemErrorCode } from '../../errors.js'

/** What serves uploads, whatever the protocol. */
export interface UploadListener {
  /**
   * Takes connections.
   * @returns the address that others connect to
   * @throws {@link BitTrickleError} `ADDRESS_IN_USE`, `INVALID_OPTION`
   */
  listen(host: string, port: number): Promise<{ host: string; port: number }>
  /** Ends all of them. */
  close(): Promise<void>
}

/**
 * Binds a TCP server.
 *
 * @returns the address that others connect to
 * @throws {@link BitTrickleError} `ADDRESS_IN_USE`, `INVALID_OPTION`
 */
export async function listenOn(
  server: Server,
  host: string,
  port: number,
): Promise<{ host: string; port: number }> {
  try {
    const listening = once(server, 'listening')
    server.listen({ host, port })
    await listening
  } catch (cause) {
    const code = systemErrorCode(cause)
    if (host === '::' && code === 'EAFNOSUPPORT') return listenOn(server, '0.0.0.0', port)
    if (code === 'EADDRINUSE') {
      const message = `TCP port ${port} of ${host} is taken; choose another port.`
      throw new BitTrickleError('ADDRESS_IN_USE', message, { cause })
    }
    throw new BitTrickleError('INVALID_OPTION', `Cannot listen on TCP ${host} port ${port} (${code}).`, {
      cause,
    })
  }
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address')
  return { host: address.address, port: address.port }
}
