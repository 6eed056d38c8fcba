/** Where a datagram comes from or goes to. An IPv4 address is written as such, never as `::ffff:a.b.c.d`. */
export interface Address {
  /** IP address in text. */
  readonly host: string
  /** UDP port, 1 to 65,535. */
  readonly port: number
}

/** What a {@link DatagramSocket} tells its owner. */
export interface DatagramHandlers {
  /**
   * A datagram arrived. The bytes belong to the handler.
   */
  message(datagram: Buffer, from: Address): void
  /** The socket itself failed (not one datagram: a datagram that cannot be sent is merely lost). */
  error(error: Error): void
}

/**
 * The little of UDP that the rest needs, so that the protocols run in tests without a socket: node:dgram is one
 * implementation, an in-memory network of the tests another.
 */
export interface DatagramSocket {
  /** The bound address. */
  readonly address: Address
  /** Takes over the datagrams from here on; called once. */
  receive(handlers: DatagramHandlers): void
  /** Sends and forgets. A datagram may be lost, doubled and overtaken; what cannot be sent is lost. */
  send(datagram: Uint8Array, to: Address): void
  /** Stops receiving and frees the port. May be called again. */
  close(): Promise<void>
}

/** `host:port`, with IPv6 in brackets: the key of tables and the form in logs. */
export function formatAddress(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

/** Writes an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) as the IPv4 address that it stands for. */
export function normalizeHost(host: string): string {
  return host.startsWith('::ffff:') && host.includes('.') ? host.slice('::ffff:'.length) : host
}

/** Whether the address can only belong to this machine: 127.0.0.0/8 (RFC 1122, 3.2.1.3) or ::1. */
export function isLoopback(host: string): boolean {
  const normalized = normalizeHost(host)
  return normalized === '::1' || normalized.startsWith('127.')
}
