import { setMaxListeners } from 'node:events'
import type { Clock } from '../../clock.js'
import { BitTrickleError } from '../../errors.js'
import { loadPart } from '../../load-part.js'
import type { Certificate } from '../../transfer/certificate.js'
import type { SourceRecord } from '../../wire/records.js'
import type { SourceChannel, SourceReceipt } from './source-channel.js'

/** What {@link SourceChannels} need. */
export interface SourceChannelsOptions {
  readonly clock: Clock
  /** Ours, which the tickets are bound to. */
  readonly certificate: () => Promise<Certificate>
  /** Told of each transfer that has ended. @defaultValue nobody is told */
  readonly onReceipt?: (source: SourceRecord, receipt: SourceReceipt) => void
}

interface KnownChannel {
  readonly opening: Promise<SourceChannel>
  /** When it has been opened. */
  channel: SourceChannel | undefined
}

/** One data channel to each source, however many contents are fetched from it at once. */
export class SourceChannels {
  readonly #options: SourceChannelsOptions
  readonly #closing = new AbortController()
  readonly #channels = new Map<string, KnownChannel>()

  constructor(options: SourceChannelsOptions) {
    this.#options = options
    // Node.js takes more than ten listeners for a leak; each channel has one.
    setMaxListeners(0, this.#closing.signal)
  }

  /**
   * The channel to a source, which is opened where there is none.
   * @throws BitTrickleError `SOURCE_UNREACHABLE`, `FORBIDDEN`, `CLOSED`
   */
  get(source: SourceRecord): Promise<SourceChannel> {
    const { fingerprint, host, port } = source
    if (fingerprint === undefined) {
      const message = 'The source speaks the classic protocol alone.'
      return Promise.reject(new BitTrickleError('SOURCE_UNREACHABLE', message))
    }
    // A peer that was started anew has another certificate; one that has moved is looked for where it is now.
    const key = `${fingerprint} ${host} ${port}`
    const known = this.#channels.get(key)
    if (known !== undefined && known.channel?.closed === undefined) return known.opening
    for (const [each, { channel }] of this.#channels) {
      if (channel?.closed !== undefined) this.#channels.delete(each)
    }
    const opening = this.#open(source, fingerprint)
    const entry: KnownChannel = { opening, channel: undefined }
    this.#channels.set(key, entry)
    opening.then(
      (channel) => {
        entry.channel = channel
      },
      () => {
        if (this.#channels.get(key) === entry) this.#channels.delete(key)
      },
    )
    return opening
  }

  async #open(source: SourceRecord, fingerprint: string): Promise<SourceChannel> {
    const { host, port } = source
    const certificate = await this.#options.certificate()
    // With Node's TLS.
    const { connectSource } = await loadPart(() => import('./connect-source.js'))
    const { clock, onReceipt } = this.#options
    return connectSource({
      address: { host, port },
      certificate,
      fingerprint,
      signal: this.#closing.signal,
      clock,
      onReceipt: (receipt) => onReceipt?.(source, receipt),
    })
  }

  /** Says goodbye to all. */
  async close(): Promise<void> {
    this.#closing.abort(new BitTrickleError('CLOSED', 'The peer was closed.'))
    const opening = [...this.#channels.values()].map((known) => known.opening)
    for (const channel of await Promise.allSettled(opening)) {
      if (channel.status === 'fulfilled') channel.value.close()
    }
  }
}
