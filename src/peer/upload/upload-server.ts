import { createServer, type Server, type Socket } from 'node:net'
import pLimit from 'p-limit'
import { normalizeHost } from '../../channel/datagram-socket.js'
import { FILE_NOT_FOUND } from '../../classic/file-request.js'
import type { Clock } from '../../clock.js'
import { BitTrickleError } from '../../errors.js'
import { quote } from '../../wire/names.js'
import { RateLimit } from '../rate-limit.js'
import type { OpenFile } from '../share/share-folder.js'
import { type KnownNames, readFileRequest } from './file-request-reader.js'
import { listenOn } from './listen.js'
import { sendFile } from './send-file.js'
import { Upload } from './upload.js'

// Who waits holds a connection; beyond so many it is kinder to turn one away than to let it wait for hours.
const MAX_WAITING = 256

// The slots, those who wait, and those who have not yet said what they want.
const MAX_CONNECTIONS = MAX_WAITING + 256

// A receiver that takes nothing for so long loses its slot to the next.
const STALL_TIMEOUT = 30_000

/** Where uploads come from. */
export interface UploadSource extends KnownNames {
  /**
   * Opens the file behind a published name.
   * @throws BitTrickleError when it is not published or cannot be read
   */
  open(name: string): Promise<OpenFile>
}

/** What {@link UploadServer} needs. */
export interface UploadServerOptions {
  readonly source: UploadSource
  readonly slots: number
  /** Bytes a second for all uploads together. */
  readonly rate: number | undefined
  readonly clock: Clock
  readonly onUpload: (upload: Upload) => void
  readonly onWarning: (message: string, cause?: unknown) => void
  /** Milliseconds; replaced in tests. */
  readonly stallTimeout?: number
}

/** Serves classic downloads over TCP: so many at a time, the others in the order in which they came. */
export class UploadServer {
  readonly #options: UploadServerOptions
  readonly #rate: RateLimit
  readonly #slots: ReturnType<typeof pLimit>
  readonly #server: Server
  readonly #connections = new Set<Socket>()
  readonly #running = new Set<Promise<void>>()

  constructor(options: UploadServerOptions) {
    this.#options = options
    this.#rate = new RateLimit(options.rate)
    this.#slots = pLimit(options.slots)
    // A downloader may end its side as soon as it has said the name.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket))
    this.#server.maxConnections = MAX_CONNECTIONS
    this.#server.on('drop', () =>
      options.onWarning(`A connection was turned away: ${MAX_CONNECTIONS} are open.`),
    )
  }

  /**
   * Takes connections.
   * @returns the address that others connect to
   * @throws {@link BitTrickleError} `ADDRESS_IN_USE`, `INVALID_OPTION`
   */
  listen(host: string, port: number): Promise<{ host: string; port: number }> {
    return listenOn(this.#server, host, port)
  }

  #accept(socket: Socket): void {
    this.#connections.add(socket)
    socket.on('close', () => this.#connections.delete(socket))
    // 'close' follows, and whoever waits for the socket hears that.
    socket.on('error', () => {})
    const serving: Promise<void> = this.#serve(socket)
      .catch(() => cut(socket))
      .finally(() => {
        this.#running.delete(serving)
      })
    this.#running.add(serving)
  }

  async #serve(socket: Socket): Promise<void> {
    const { source, clock, onUpload, onWarning } = this.#options
    const receiver = { host: normalizeHost(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 }
    const name = await readFileRequest(socket, source, clock)
    if (name === undefined) {
      socket.destroy()
      return
    }
    if (!source.has(name)) {
      socket.end(FILE_NOT_FOUND)
      return
    }
    if (this.#slots.pendingCount >= MAX_WAITING) {
      onWarning(`A request for ${quote(name)} was turned away: ${MAX_WAITING} uploads wait already.`)
      throw new BitTrickleError('UPLOADS_FULL', 'Too many wait.')
    }
    // p-limit begins in a later turn, when `upload` is there and has been announced.
    const done: Promise<void> = this.#slots(() => this.#send(socket, upload))
    const upload = new Upload({ name, receiver }, done)
    onUpload(upload)
    await done
  }

  async #send(socket: Socket, upload: Upload): Promise<void> {
    if (socket.destroyed) throw new BitTrickleError('SOURCE_LOST', 'The receiver went away while it waited.')
    const { handle, size } = await this.#open(socket, upload.name)
    try {
      upload.emit('started')
      upload.report({ transferred: 0, size })
      await sendFile(socket, {
        handle,
        size,
        rate: this.#rate,
        stallTimeout: this.#options.stallTimeout ?? STALL_TIMEOUT,
        onProgress: (transferred) => upload.report({ transferred, size }),
      })
    } catch (error) {
      cut(socket)
      throw error
    } finally {
      await handle.close()
    }
  }

  async #open(socket: Socket, name: string): Promise<OpenFile> {
    try {
      return await this.#options.source.open(name)
    } catch (error) {
      socket.end(FILE_NOT_FOUND)
      this.#options.onWarning(`${quote(name)} is published but cannot be served.`, error)
      throw error
    }
  }

  /** Takes no more connections, cuts those that are open, and resolves when nothing is left. */
  async close(): Promise<void> {
    const closed = this.#server.listening
      ? new Promise<void>((resolve) => this.#server.close(() => resolve()))
      : Promise.resolve()
    for (const socket of this.#connections) cut(socket)
    await closed
    // Those that waited for a slot find their connection gone, one after the other.
    await Promise.all(this.#running)
  }
}

function cut(socket: Socket): void {
  // All was said, and the system delivers it. A reset on top would fail while the end is under way, and leave the
  // connection open for ever.
  if (socket.writableEnded) socket.destroy()
  // A plain end would pass for the end of the file.
  else socket.resetAndDestroy()
}
