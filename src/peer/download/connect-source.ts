import type { Address } from '../../channel/datagram-socket.js'
import type { Clock } from '../../clock.js'
import type { Certificate } from '../../transfer/certificate.js'
import { connectSecurely } from '../../transfer/tls.js'
import { SourceChannel, type SourceReceipt } from './source-channel.js'

/** What {@link connectSource} needs. */
export interface ConnectSourceOptions {
  readonly address: Address
  /** Ours. */
  readonly certificate: Certificate
  /** Of the source's. */
  readonly fingerprint: string
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Told of each transfer that has ended. */
  readonly onReceipt: (receipt: SourceReceipt) => void
}

/** Opens a data channel to a source. @throws BitTrickleError `SOURCE_UNREACHABLE`, `FORBIDDEN` */
export async function connectSource(options: ConnectSourceOptions): Promise<SourceChannel> {
  const { address, certificate, fingerprint, signal, clock, onReceipt } = options
  const { stream, read } = await connectSecurely(address, certificate, fingerprint, signal)
  return new SourceChannel({ stream, read }, clock, onReceipt)
}
