import type { Server, Socket } from 'node:net'
import { normalizeHost } from '../../channel/datagram-socket.js'
import type { Certificate } from '../../transfer/certificate.js'
import { MAX_CONNECTIONS } from '../../transfer/limits.js'
import { makeSecureServer } from '../../transfer/tls.js'
import { RateLimit } from '../rate-limit.js'
import { listenOn } from './listen.js'
import { UploadChannel, type UploadConnection } from './upload-channel.js'
import { UploadQueue } from './upload-queue.js'
import type { UploadServices } from './upload-services.js'

/** What {@link ContentServer} needs. */
export interface ContentServerOptions extends Omit<UploadServices, 'queue' | 'rate'> {
  readonly certificate: Certificate
  /** Transfers that are served at a time. */
  readonly slots: number
  /** Bytes a second for all uploads together. */
  readonly rate: number | undefined
}

/** The source's end of all data channels of a peer: takes connections, and ends them. */
export class ContentServer {
  readonly #services: UploadServices
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #channels = new Set<UploadChannel>()
  #isClosed = false

  constructor({ certificate, slots, rate, ...services }: ContentServerOptions) {
    this.#services = { ...services, queue: new UploadQueue(slots), rate: new RateLimit(rate) }
    const { onWarning } = services
    this.#server = makeSecureServer(certificate, {
      onConnection: ({ stream, fingerprint }) =>
        this.serve({ stream, fingerprint, receiver: addressOf(stream) }),
      onRefused: (socket, why) =>
        onWarning(`A connection from ${addressOf(socket).host} was refused: ${why}.`),
    })
    this.#server.maxConnections = MAX_CONNECTIONS
    this.#server.on('drop', () => onWarning(`A connection was turned away: ${MAX_CONNECTIONS} are open.`))
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  /**
   * Takes connections.
   * @returns the address that others connect to
   * @throws {@link BitTrickleError} `ADDRESS_IN_USE`, `INVALID_OPTION`
   */
  listen(host: string, port: number): Promise<{ host: string; port: number }> {
    return listenOn(this.#server, host, port)
  }

  /** Serves a connection that came another way. */
  serve(connection: UploadConnection): void {
    const channel = new UploadChannel(connection, this.#services)
    this.#channels.add(channel)
    void channel.ended.then(() => this.#channels.delete(channel))
    if (this.#isClosed) channel.close('CLOSED', 'The peer is closing.')
  }

  /** Takes no more connections, says goodbye on those that are open, and resolves when nothing is left. */
  async close(): Promise<void> {
    this.#isClosed = true
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const channel of this.#channels) channel.close('CLOSED', 'The peer is closing.')
    await this.#channelsEnd()
    // Those that are still shaking hands have nobody to say goodbye to.
    for (const socket of this.#sockets) socket.destroy()
    await closed
    await this.#channelsEnd()
  }

  async #channelsEnd(): Promise<void> {
    await Promise.all([...this.#channels].map((channel) => channel.ended))
  }
}

function addressOf(socket: Socket): { host: string; port: number } {
  return { host: normalizeHost(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 }
}
