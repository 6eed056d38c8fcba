import type { Clock } from '../../clock.js'
import { BitTrickleError } from '../../errors.js'
import type { Certificate } from '../../transfer/certificate.js'
import { connectSecurely } from '../../transfer/tls.js'
import type { SourceRecord } from '../../wire/records.js'
import { SourceChannel } from './source-channel.js'

/** What {@link SourceChannels} need. */
export interface SourceChannelsOptions {
  readonly clock: Clock
  /** Ours, which the tickets are bound to. */
  readonly certificate: () => Promise<Certificate>
}

/** One data channel to each source, however many contents are fetched from it at once. */
export class SourceChannels {
  readonly #options: SourceChannelsOptions
  readonly #closing = new AbortController()
  readonly #channels = new Map<string, Promise<SourceChannel>>()

  constructor(options: SourceChannelsOptions) {
    this.#options = options
  }

  /**
   * The channel to a source, which is opened where there is none.
   * @throws BitTrickleError `SOURCE_UNREACHABLE`, `FORBIDDEN`, `CLOSED`
   */
  async get(source: SourceRecord): Promise<SourceChannel> {
    const { fingerprint } = source
    if (fingerprint === undefined) {
      throw new BitTrickleError('SOURCE_UNREACHABLE', 'The source speaks the classic protocol alone.')
    }
    // A peer that was started anew has another certificate.
    const known = this.#channels.get(fingerprint)
    if (known === undefined) return this.#open(source, fingerprint)
    // Whoever comes while one is being opened shares it, and its failure.
    const channel = await known
    if (channel.closed === undefined) return channel
    // Of many who find it closed, the first opens another one.
    this.#forget(fingerprint, known)
    return this.get(source)
  }

  #forget(fingerprint: string, channel: Promise<SourceChannel>): void {
    if (this.#channels.get(fingerprint) === channel) this.#channels.delete(fingerprint)
  }

  #open(source: SourceRecord, fingerprint: string): Promise<SourceChannel> {
    const opening = this.#connect(source, fingerprint)
    this.#channels.set(fingerprint, opening)
    opening.catch(() => this.#forget(fingerprint, opening))
    return opening
  }

  async #connect({ host, port }: SourceRecord, fingerprint: string): Promise<SourceChannel> {
    const certificate = await this.#options.certificate()
    this.#closing.signal.throwIfAborted()
    const { stream } = await connectSecurely({ host, port }, certificate, fingerprint, this.#closing.signal)
    return new SourceChannel(stream, this.#options.clock)
  }

  /** Says goodbye to all. */
  async close(): Promise<void> {
    this.#closing.abort(new BitTrickleError('CLOSED', 'The peer was closed.'))
    const channels = await Promise.allSettled(this.#channels.values())
    for (const channel of channels) if (channel.status === 'fulfilled') channel.value.close()
  }
}
