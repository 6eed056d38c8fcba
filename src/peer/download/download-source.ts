import type { Bitfield } from '../../content/bitfield.js'
import type { ContentLayout } from '../../content/content-layout.js'
import { BitTrickleError } from '../../errors.js'
import type { SourceRecord } from '../../wire/records.js'
import type { JoinBuffers } from './join-buffers.js'
import { PieceReceiver } from './piece-receiver.js'
import type { SourceChannel, SourceTransfer } from './source-channel.js'

/** What a {@link DownloadSource} needs of the download that it belongs to. */
export interface DownloadSourceOptions {
  readonly record: SourceRecord
  readonly root: string
  readonly layout: ContentLayout
  readonly connect: (source: SourceRecord) => Promise<SourceChannel>
  readonly ticket: () => string
  /** It has the content, and can be asked. */
  readonly onReady: () => void
  readonly takePiece: (has: (piece: number) => boolean) => number | undefined
  readonly write: (bytes: Buffer, position: number) => Promise<void>
  readonly buffers: JoinBuffers
  readonly onBytes: (bytes: number) => void
  /** All bytes of a piece have come. */
  readonly onPiece: (piece: number, verify: (hash: Buffer) => Promise<boolean>) => Promise<void>
  /** A piece that was asked for will not come. */
  readonly onReleased: (piece: number) => void
  readonly onEnd: (error: BitTrickleError) => void
}

// What is asked ahead of a source: enough to keep it busy while the next request travels, however small the pieces.
const MIN_PIECES_AHEAD = 3
const BYTES_AHEAD = 4_194_304

/** One source of a download: what is asked of it, and what has come. */
export class DownloadSource {
  readonly record: SourceRecord
  /** Tells one peer from another, also after it has moved. */
  readonly key: string
  readonly #options: DownloadSourceOptions
  readonly #receivers = new Map<number, PieceReceiver>()
  readonly #received = new Map<number, number>()
  #channel: SourceChannel | undefined
  #transfer: SourceTransfer | undefined
  #pieces: Bitfield | undefined
  #hasEnded = false
  #paused = 0

  constructor(options: DownloadSourceOptions) {
    this.#options = options
    this.record = options.record
    this.key = options.record.fingerprint ?? ''
  }

  /** Connects and opens the content. */
  start(): void {
    this.#open().catch((error: unknown) => this.end(toError(error)))
  }

  async #open(): Promise<void> {
    const { connect, record, root, layout, ticket, onReady } = this.#options
    const channel = await connect(record)
    if (this.#hasEnded) return
    this.#channel = channel
    this.#transfer = channel.open(root, layout, ticket(), {
      onPieces: (pieces) => {
        const isFirst = this.#pieces === undefined
        this.#pieces = pieces
        if (isFirst) onReady()
        else this.fill()
      },
      onData: (piece, _offset, bytes) => this.#onData(piece, bytes),
      // What is asked waits for the slot by itself.
      onQueued: () => {},
      onRefused: (piece, error) => {
        this.#forget(piece)
        this.end(error)
      },
      onEnd: (error) => this.end(error),
    })
  }

  /** Asks for the piece layer. */
  layer(): Promise<Buffer> {
    const transfer = this.#transfer
    return transfer === undefined ? Promise.reject(gone()) : transfer.layer()
  }

  /** Asks for as many pieces as keep it busy. */
  fill(): void {
    const { layout, takePiece } = this.#options
    const pieces = this.#pieces
    if (pieces === undefined || this.#transfer === undefined || this.#hasEnded) return
    const most = Math.max(MIN_PIECES_AHEAD, Math.floor(BYTES_AHEAD / layout.pieceSize))
    while (this.#receivers.size < most) {
      const piece = takePiece((wanted) => pieces.has(wanted) && !this.#receivers.has(wanted))
      if (piece === undefined) return
      this.#receivers.set(piece, new PieceReceiver(layout, piece, this.#options))
      this.#received.set(piece, 0)
      this.#transfer.request(piece)
    }
  }

  #onData(piece: number, bytes: Buffer): void {
    const receiver = this.#receivers.get(piece)
    if (receiver === undefined) return
    receiver.push(bytes)
    this.#received.set(piece, (this.#received.get(piece) ?? 0) + bytes.length)
    this.#options.onBytes(bytes.length)
    if (!receiver.isWhole) return
    this.#forget(piece)
    void this.#options.onPiece(piece, (hash) => receiver.verify(hash))
    this.fill()
  }

  /** Takes a request back. Returns how many bytes of it had come. */
  cancel(piece: number): number {
    const bytes = this.#received.get(piece) ?? 0
    this.#forget(piece)
    this.#transfer?.cancel(piece)
    return bytes
  }

  #forget(piece: number): void {
    this.#receivers.delete(piece)
    this.#received.delete(piece)
  }

  renew(ticket: string): void {
    this.#transfer?.renew(ticket)
  }

  pause(): void {
    this.#paused++
    this.#channel?.pause()
  }

  resume(): void {
    if (this.#paused === 0) return
    this.#paused = 0
    this.#channel?.resume()
  }

  /** Waits with taking more until the promise resolves. */
  throttle(until: Promise<void> | undefined): void {
    if (until === undefined) return
    this.#channel?.pause()
    void until.then(() => {
      if (this.#paused === 0) this.#channel?.resume()
    })
  }

  /** Nothing more is to be had of it. */
  end(error: BitTrickleError): void {
    if (this.#hasEnded) return
    const asked = [...this.#receivers.keys()]
    this.close()
    this.#options.onEnd(error)
    for (const piece of asked) this.#options.onReleased(piece)
  }

  /** Wants no more of it. */
  close(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#receivers.clear()
    this.#received.clear()
    if (this.#paused > 0) this.#channel?.resume()
    this.#transfer?.close()
  }
}

const gone = (): BitTrickleError =>
  new BitTrickleError('SOURCE_LOST', 'The source is gone.', { retryable: true })

function toError(error: unknown): BitTrickleError {
  if (error instanceof BitTrickleError) return error
  return new BitTrickleError('SOURCE_LOST', `Lost the source: ${String(error)}.`, { cause: error })
}
