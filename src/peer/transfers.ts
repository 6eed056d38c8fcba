import type { Clock } from '../clock.js'
import { loadPart } from '../load-part.js'
import { type Certificate, makeCertificate } from '../transfer/certificate.js'
import { RevokedUsers } from '../transfer/revoked-users.js'
import { TicketVerifier } from '../transfer/ticket.js'
import { SourceChannels } from './download/source-channels.js'
import type { ContentServer, ContentServerOptions } from './upload/content-server.js'

/** What {@link Transfers} need. */
export type TransfersOptions = Omit<ContentServerOptions, 'certificate' | 'verifier' | 'revoked'> & {
  readonly clock: Clock
}

/** The data channels of a peer, both ways, and the certificate that it shows on them. */
export class Transfers {
  /** To the sources of downloads. */
  readonly channels: SourceChannels
  readonly #options: TransfersOptions
  #certificate: Promise<Certificate> | undefined
  #verifier: TicketVerifier | undefined
  readonly #revoked = new RevokedUsers()
  #server: Promise<ContentServer> | undefined

  constructor(options: TransfersOptions) {
    this.#options = options
    const { clock, onReceipt } = options
    this.channels = new SourceChannels({
      clock,
      certificate: () => this.#ownCertificate(),
      onReceipt: ({ username: peer }, receipt) => {
        if (peer !== undefined) onReceipt?.({ way: 'received', peer, ...receipt })
      },
    })
  }

  // New at each start: what it proves is a matter of the session, which the index vouches for.
  #ownCertificate(): Promise<Certificate> {
    this.#certificate ??= makeCertificate()
    return this.#certificate
  }

  /** What the index is told at login. */
  async fingerprint(): Promise<string> {
    return (await this.#ownCertificate()).fingerprint
  }

  /** Takes connections of receivers. */
  async listen(host: string, port: number): Promise<{ host: string; port: number }> {
    this.#server ??= this.#makeServer()
    return (await this.#server).listen(host, port)
  }

  async #makeServer(): Promise<ContentServer> {
    const { ContentServer } = await loadPart(() => import('./upload/content-server.js'))
    return new ContentServer({
      ...this.#options,
      certificate: await this.#ownCertificate(),
      verifier: () => this.#verifier,
      revoked: this.#revoked,
    })
  }

  /** Serves those whom this index permits, by the key that it gave at login. */
  trust(ticketKey: string): void {
    this.#verifier = new TicketVerifier(ticketKey)
  }

  /** Serves these users no more for tickets that run out at a time, in seconds since 1970, or earlier. */
  revoke(usernames: readonly string[], expires: number): void {
    this.#revoked.add(usernames, expires, this.#options.clock.now())
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    const serverEnd = this.#server?.then(
      (server) => server.close(),
      // It never was one.
      () => {},
    )
    await Promise.all([serverEnd, this.channels.close()])
  }
}
