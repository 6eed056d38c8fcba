import type { SourceChannels } from './download/source-channels.js'
import type { ResolvedPeerOptions } from './options.js'
import type { Receipt } from './receipts.js'
import type { Share } from './share/share.js'
import { Transfers } from './transfers.js'
import type { UploadListener } from './upload/listen.js'
import type { Upload } from './upload/upload.js'
import { UploadServer } from './upload/upload-server.js'

/** What {@link Serving} needs. */
export interface ServingOptions {
  readonly options: ResolvedPeerOptions
  readonly share: Share
  readonly onUpload: (upload: Upload) => void
  /** A transfer with another sealed peer has ended, either way. */
  readonly onReceipt: (receipt: Receipt) => void
  /** The file behind a name is no longer what was published. */
  readonly onChanged: (name: string) => void
  readonly onWarning: (message: string, cause?: unknown) => void
}

/** Where others fetch from this peer: by the protocol that it speaks, at one address for all its life. */
export class Serving {
  readonly #options: ResolvedPeerOptions
  readonly #uploads: UploadListener
  readonly #transfers: Transfers | undefined
  #listening: Promise<{ host: string; port: number }> | undefined

  constructor({ options, share, onUpload, onReceipt, onChanged, onWarning }: ServingOptions) {
    this.#options = options
    const { uploadSlots: slots, uploadRate: rate, clock } = options
    const common = { slots, rate, clock, onUpload, onWarning }
    if (options.protocol === 'classic') {
      this.#uploads = new UploadServer({ ...common, source: share })
    } else {
      this.#transfers = new Transfers({
        ...common,
        source: share.contents,
        onReceipt,
        onChanged: ({ name }) => onChanged(name),
      })
      this.#uploads = this.#transfers
    }
  }

  /** To the sources of downloads; a classic peer has none. */
  get channels(): SourceChannels | undefined {
    return this.#transfers?.channels
  }

  /** What the index is told of us at login. A classic peer has no certificate. */
  async describe(isIndexLocal: boolean): Promise<{ tcpPort: number; fingerprint?: string }> {
    const { port } = await this.listen(isIndexLocal)
    const fingerprint = await this.fingerprint()
    return { tcpPort: port, ...(fingerprint === undefined ? {} : { fingerprint }) }
  }

  /** Of our certificate. A classic peer has none. */
  async fingerprint(): Promise<string | undefined> {
    return this.#transfers?.fingerprint()
  }

  /**
   * Takes connections, from other machines too unless the index is on this one.
   * @throws BitTrickleError `ADDRESS_IN_USE`, `INVALID_OPTION`; may be called again
   */
  async listen(isIndexLocal: boolean): Promise<{ host: string; port: number }> {
    const { host = isIndexLocal ? '127.0.0.1' : '::', port } = this.#options
    this.#listening ??= this.#uploads.listen(host, port)
    try {
      return await this.#listening
    } catch (error) {
      this.#listening = undefined
      throw error
    }
  }

  /** Serves those whom this index permits, by the key that it gave at login. */
  trust(ticketKey: string | undefined): void {
    if (ticketKey !== undefined) this.#transfers?.trust(ticketKey)
  }

  /** The index has taken these accounts away: what runs for them ends. See {@link Transfers.revoke}. */
  revoke(usernames: readonly string[], expires: number): void {
    this.#transfers?.revoke(usernames, expires)
  }

  /** Ends all transfers, and takes no more connections. */
  async close(): Promise<void> {
    await this.#listening?.catch(() => {})
    await this.#uploads.close()
  }
}
