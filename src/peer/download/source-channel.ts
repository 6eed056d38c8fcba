import type { Clock } from '../../clock.js'
import { Bitfield } from '../../content/bitfield.js'
import type { ContentLayout } from '../../content/content-layout.js'
import { BitTrickleError } from '../../errors.js'
import { DataChannel, type DataChannelOptions } from '../../transfer/data-channel.js'
import { violation } from '../../transfer/frame-body.js'
import type {
  DataPart,
  DataPlace,
  Frame,
  HelloFrame,
  RequestFrame,
  RequestHashesFrame,
} from '../../transfer/frames.js'
import { codeOf } from '../../transfer/status.js'
import { outcomeOf, type Receipt } from '../receipts.js'
import { LayerRequest } from './layer-request.js'
import { RequestLine } from './request-line.js'

/** What a source says about one content that is asked of it. */
export interface SourceListener {
  /** Which pieces it has; told again whenever it has one more. */
  onPieces(pieces: Bitfield): void
  /** Bytes of a piece, in order; a view that is used or copied before this returns. */
  onData(piece: number, offset: number, bytes: Buffer): void
  /** Where the next bytes of a piece may be put before they are told, see {@link DataChannelHandler.room}. */
  room?(piece: number): Buffer | undefined
  /** The place in its line: 0 has a slot. */
  onQueued(place: number): void
  /** A piece will not come. */
  onRefused(piece: number, error: BitTrickleError): void
  /** The last call: nothing comes any more. */
  onEnd(error: BitTrickleError): void
}

interface Transfer {
  readonly layout: ContentLayout
  readonly listener: SourceListener
  readonly pieces: Bitfield
  /** Pieces that were asked for, by request. */
  readonly requests: Map<number, { readonly frame: RequestFrame; received: number }>
  readonly layer: LayerRequest
  nextRequest: number
  isOpened: boolean
  readonly root: string
  readonly startedAt: number
  received: number
}

/** How a transfer with a source has ended. */
export type SourceReceipt = Omit<Receipt, 'way' | 'peer'>

/** One content on a {@link SourceChannel}. */
export interface SourceTransfer {
  /** Asks for the piece layer. It proves nothing until it is checked against the root. */
  layer(): Promise<Buffer>
  request(piece: number): void
  cancel(piece: number): void
  renew(ticket: string): void
  /**
   * Wants no more. `onEnd` is not called.
   *
   * @param end - how it went, for the receipt; absent: well, unless something is still asked for
   */
  close(end?: 'done' | BitTrickleError): void
}

const unwanted = new BitTrickleError('ABORTED', 'The receiver wants no more.')

/** The asker's end of a data channel: any number of contents of one source. */
export class SourceChannel {
  readonly #channel: DataChannel
  readonly #clock: Clock
  readonly #onReceipt: (receipt: SourceReceipt) => void
  readonly #transfers = new Map<number, Transfer>()
  readonly #dataLine = new RequestLine<RequestFrame>((frame) => this.#channel.send(frame))
  readonly #hashesLine = new RequestLine<RequestHashesFrame>((frame) => this.#channel.send(frame))
  #nextTransfer = 1
  #dataBytes = 0
  #isClosing = false

  /** @param onReceipt - told of each transfer that has ended */
  constructor(
    connection: Pick<DataChannelOptions, 'stream' | 'read'>,
    clock: Clock,
    onReceipt: (receipt: SourceReceipt) => void = () => {},
  ) {
    this.#clock = clock
    this.#onReceipt = onReceipt
    this.#channel = new DataChannel({
      ...connection,
      clock,
      handler: {
        onFrame: (frame) => this.#onFrame(frame),
        onData: (part) => this.#onData(part),
        room: (place) => this.#room(place),
        onClose: (error) => this.#onClose(error),
      },
    })
    const onHello = ({ maxRequests }: HelloFrame): void => {
      this.#dataLine.open(maxRequests)
      this.#hashesLine.open(maxRequests)
    }
    // Without one the channel ends, which is told elsewhere.
    this.#channel.hello.then(onHello, () => {})
  }

  /** Why it ended; undefined while it is open. */
  get closed(): BitTrickleError | undefined {
    return this.#channel.closed
  }

  /** How many contents are asked for. */
  get size(): number {
    return this.#transfers.size
  }

  /** Bytes of contents that have come. */
  get dataBytes(): number {
    return this.#dataBytes
  }

  /** Takes no bytes until {@link resume}. */
  pause(): void {
    this.#channel.pause()
  }

  resume(): void {
    this.#channel.resume()
  }

  close(): void {
    this.#isClosing = true
    this.#channel.close()
  }

  /** Asks for a content. */
  open(root: string, layout: ContentLayout, ticket: string, listener: SourceListener): SourceTransfer {
    const id = this.#nextTransfer++
    const transfer: Transfer = {
      layout,
      listener,
      pieces: new Bitfield(layout.pieceCount),
      requests: new Map(),
      layer: new LayerRequest(this.#hashesLine, id, layout.pieceCount),
      nextRequest: 1,
      isOpened: false,
      root,
      startedAt: this.#clock.monotonic(),
      received: 0,
    }
    const { closed } = this.#channel
    if (closed !== undefined) queueMicrotask(() => listener.onEnd(closed))
    else this.#transfers.set(id, transfer)
    this.#channel.send({ type: 'open', transfer: id, root: Buffer.from(root, 'base64url'), ticket })
    return {
      layer: () => {
        const { closed } = this.#channel
        return closed === undefined ? transfer.layer.ask() : Promise.reject(closed)
      },
      request: (piece) => {
        const request = transfer.nextRequest++
        const length = layout.pieceLength(piece)
        const frame = { type: 'request', transfer: id, request, piece, offset: 0, length } as const
        transfer.requests.set(request, { frame, received: 0 })
        this.#dataLine.ask(frame)
      },
      cancel: (piece) => {
        for (const [request, { frame }] of transfer.requests) {
          if (frame.piece !== piece) continue
          transfer.requests.delete(request)
          if (this.#dataLine.settle(frame)) this.#channel.send({ type: 'cancel', transfer: id, request })
        }
      },
      renew: (fresh) => this.#channel.send({ type: 'renew', transfer: id, ticket: fresh }),
      close: (end) => {
        if (this.#transfers.delete(id)) {
          this.#channel.send({ type: 'close', transfer: id })
          const isDone = end === 'done' || (end === undefined && transfer.requests.size === 0)
          this.#tell(transfer, isDone ? 'done' : outcomeOf(end ?? unwanted))
        }
        this.#settle(transfer, new BitTrickleError('ABORTED', 'The transfer was ended.'))
      },
    }
  }

  #onFrame(frame: Exclude<Frame, HelloFrame>): void {
    if (!('transfer' in frame)) return
    const transfer = this.#transfers.get(frame.transfer)
    // One that was closed a moment ago may still be answered.
    if (transfer === undefined) {
      if (frame.transfer >= this.#nextTransfer)
        throw violation(`${frame.type} of a transfer that was never opened`)
      return
    }
    const { layout, listener, pieces } = transfer
    switch (frame.type) {
      case 'opened':
        if (frame.size !== layout.size) throw violation('another size than the index vouches for')
        transfer.isOpened = true
        return
      case 'haveAll':
        if (pieces.isComplete) return
        for (let piece = 0; piece < pieces.length; piece++) pieces.add(piece)
        listener.onPieces(pieces)
        return
      case 'bitfield': {
        const had = Bitfield.fromBytes(frame.bits, layout.pieceCount)
        for (let piece = 0; piece < had.length; piece++) if (had.has(piece)) pieces.add(piece)
        listener.onPieces(pieces)
        return
      }
      case 'have':
        if (frame.piece >= layout.pieceCount) throw violation('a piece behind the last')
        if (pieces.add(frame.piece)) listener.onPieces(pieces)
        return
      case 'hashes':
        transfer.layer.take(frame.first, frame.hashes)
        return
      case 'queued':
        listener.onQueued(frame.place)
        return
      case 'busy':
        this.#end(
          frame.transfer,
          new BitTrickleError('UPLOADS_FULL', 'The source has no place in its line; ask again later.', {
            retryable: true,
            retryAfter: frame.retryAfter,
          }),
        )
        return
      case 'failed': {
        const error = new BitTrickleError(codeOf(frame.status), `The source refused: ${frame.message}`, {
          retryable: true,
        })
        if (frame.request === 0) this.#end(frame.transfer, error)
        else this.#refuse(transfer, frame.request, error)
        return
      }
      default:
        throw violation(`${frame.type} from a source`)
    }
  }

  #refuse(transfer: Transfer, request: number, error: BitTrickleError): void {
    const asked = transfer.requests.get(request)
    if (asked === undefined) return
    transfer.requests.delete(request)
    this.#dataLine.settle(asked.frame)
    transfer.listener.onRefused(asked.frame.piece, error)
  }

  #onData({ transfer: id, request, piece, offset, bytes }: DataPart): void {
    const transfer = this.#transfers.get(id)
    const asked = transfer?.requests.get(request)
    // Of what was cancelled, some may still come.
    if (transfer === undefined || asked === undefined) return
    const { frame, received } = asked
    const end = offset + bytes.length
    if (frame.piece !== piece || offset !== received || end > frame.length) {
      throw violation('bytes that were not asked for')
    }
    asked.received = end
    transfer.received += bytes.length
    this.#dataBytes += bytes.length
    if (end === frame.length) {
      transfer.requests.delete(request)
      this.#dataLine.settle(frame)
    }
    transfer.listener.onData(piece, offset, bytes)
  }

  #room({ transfer: id, request, piece, offset }: DataPlace): Buffer | undefined {
    const transfer = this.#transfers.get(id)
    const asked = transfer?.requests.get(request)
    const isNext = asked !== undefined && asked.frame.piece === piece && asked.received === offset
    return isNext ? transfer?.listener.room?.(piece) : undefined
  }

  #end(id: number, error: BitTrickleError): void {
    const transfer = this.#transfers.get(id)
    if (transfer === undefined) return
    this.#transfers.delete(id)
    this.#settle(transfer, error)
    // A goodbye of the other end is no wish of ours.
    this.#tell(transfer, this.#isClosing ? 'aborted' : { failed: error.code })
    transfer.listener.onEnd(error)
  }

  // Of what was neither asked for nor refused, there is nothing to tell.
  #tell({ root, received, nextRequest, startedAt }: Transfer, outcome: Receipt['outcome']): void {
    if (nextRequest === 1 && typeof outcome === 'string') return
    this.#onReceipt({ root, bytes: received, ms: this.#clock.monotonic() - startedAt, outcome })
  }

  // Nothing of it is waited for any more.
  #settle({ requests, layer }: Transfer, reason: BitTrickleError): void {
    for (const { frame } of requests.values()) this.#dataLine.settle(frame)
    requests.clear()
    layer.end(reason)
  }

  #onClose(error: BitTrickleError): void {
    for (const id of [...this.#transfers.keys()]) this.#end(id, error)
  }
}
