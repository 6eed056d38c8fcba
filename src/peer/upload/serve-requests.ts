import type { FileHandle } from 'node:fs/promises'
import { HASH_BYTES } from '../../content/block-tree.js'
import { BitTrickleError } from '../../errors.js'
import type { DataChannel } from '../../transfer/data-channel.js'
import { violation } from '../../transfer/frame-body.js'
import { encodeFrame, writeDataHeader } from '../../transfer/frame-encoder.js'
import type { RangeOfPiece, RequestHashesFrame } from '../../transfer/frames.js'
import { MAX_REQUESTS } from '../../transfer/limits.js'
import { DATA_HEADER_BYTES, MAX_DATA_BYTES } from '../../transfer/protocol.js'
import { FrameSize } from './frame-size.js'
import type { UploadServices } from './upload-services.js'
import type { UploadTransfer } from './upload-transfer.js'

// An answer of no more goes out in a buffer of its own, and what comes next does not wait until it is sent.
const SMALL_BYTES = 65_536

/**
 * Answers what is asked on one connection: one request after the other, in the order in which they came, but for
 * those that have no upload slot yet. Hashes need none and go first, since bytes cannot be checked without them.
 */
export class RequestServer {
  readonly #hashes = new Map<RequestHashesFrame, UploadTransfer>()
  readonly #data = new Map<RangeOfPiece, UploadTransfer>()
  readonly #channel: DataChannel
  readonly #services: UploadServices
  readonly #onFailure: (transfer: UploadTransfer, error: unknown) => void
  readonly #frameSize = new FrameSize()
  #isRunning = false
  #buffer: Buffer | undefined
  #unsentFrames = 0
  #takenAt = 0

  /** @param onFailure - told when a transfer cannot go on */
  constructor(
    channel: DataChannel,
    services: UploadServices,
    onFailure: (transfer: UploadTransfer, error: unknown) => void,
  ) {
    this.#channel = channel
    this.#services = services
    this.#onFailure = onFailure
  }

  /** Takes a request of hashes. @throws {@link BitTrickleError} `PROTOCOL_ERROR` */
  askHashes(transfer: UploadTransfer, frame: RequestHashesFrame): void {
    if (this.#hashes.size >= MAX_REQUESTS) throw violation('too many requests of hashes')
    this.#hashes.set(frame, transfer)
  }

  /** Takes a request of bytes. @throws {@link BitTrickleError} `PROTOCOL_ERROR` */
  ask(transfer: UploadTransfer, range: RangeOfPiece): void {
    if (this.#data.size >= MAX_REQUESTS) throw violation('too many requests')
    this.#data.set(range, transfer)
    transfer.ask(range)
  }

  /** Takes a request back, or lets it go because its last bytes are about to be sent. */
  settle(transfer: UploadTransfer, request: number): void {
    const range = transfer.requests.get(request)
    if (range !== undefined) this.#data.delete(range)
    transfer.settle(request)
  }

  /** Forgets all that is asked of a transfer. */
  drop(transfer: UploadTransfer): void {
    for (const range of transfer.requests.values()) this.#data.delete(range)
    for (const [frame, owner] of this.#hashes) if (owner === transfer) this.#hashes.delete(frame)
  }

  /** How long the receiver has taken nothing of what waits for it. */
  get stalledFor(): number {
    return this.#unsentFrames === 0 ? 0 : this.#services.clock.monotonic() - this.#takenAt
  }

  /** Gives memory back when there is nothing to do. */
  rest(): void {
    if (!this.#isRunning) this.#buffer = undefined
  }

  /** Looks whether something can be answered. @returns what settles when there is nothing more; undefined when it runs */
  wake(): Promise<void> | undefined {
    if (this.#isRunning) return undefined
    this.#isRunning = true
    return this.#run()
  }

  async #run(): Promise<void> {
    // Slots that are free are given in the next microtask: what was asked first is to be answered first.
    await undefined
    try {
      while (this.#channel.closed === undefined) {
        const frame = first(this.#hashes, (transfer) => transfer.served !== undefined)
        const range = frame ?? first(this.#data, (transfer) => transfer.hasSlot)
        if (range === undefined) return
        if (frame !== undefined) await this.#answerHashes(...frame)
        else await this.#answer(...(range as [RangeOfPiece, UploadTransfer]))
      }
    } catch (error) {
      this.#channel.fail(error)
    } finally {
      this.#isRunning = false
    }
  }

  async #answerHashes(frame: RequestHashesFrame, transfer: UploadTransfer): Promise<void> {
    this.#hashes.delete(frame)
    const { first: from, count } = frame
    const pieces = transfer.served?.content.pieces ?? Buffer.alloc(0)
    const hashes = pieces.subarray(from * HASH_BYTES, (from + count) * HASH_BYTES)
    if (hashes.length < count * HASH_BYTES)
      throw violation('a request of hashes that the content does not have')
    await this.#send(encodeFrame({ type: 'hashes', transfer: transfer.number, first: from, hashes }))
  }

  async #answer(range: RangeOfPiece, transfer: UploadTransfer): Promise<void> {
    try {
      const file = await transfer.file()
      for (let done = 0; done < range.length && this.#data.has(range); ) {
        const frame = await this.#read(file, range, transfer, done)
        // It may have been taken back, or its transfer closed.
        if (!this.#data.has(range)) return
        const bytes = frame.length - DATA_HEADER_BYTES
        done += bytes
        // Before the last bytes go: as soon as the receiver has them, it may ask for something else.
        if (done === range.length) this.settle(transfer, range.request)
        const onSent = transfer.handOver(bytes)
        const sending = this.#send(frame).then(onSent)
        if (bytes > SMALL_BYTES || this.#channel.unsentBytes > MAX_DATA_BYTES) await sending
        // The channel's end says the rest.
        else sending.catch(() => {})
      }
    } catch (error) {
      if (this.#channel.closed === undefined && !transfer.isEnded) this.#onFailure(transfer, error)
    }
  }

  /** Reads the next part of a request behind the header of its frame. */
  async #read(
    file: FileHandle,
    range: RangeOfPiece,
    transfer: UploadTransfer,
    done: number,
  ): Promise<Buffer> {
    const { rate } = this.#services
    const most = rate.isBounded ? Math.min(rate.partBytes, this.#frameSize.bytes) : this.#frameSize.bytes
    const length = Math.min(range.length - done, most)
    if (rate.isBounded) await rate.take(length)
    const problem = transfer.problem()
    if (problem !== undefined) throw problem

    const { served, layout } = transfer
    if (served === undefined || layout === undefined) throw new Error('a transfer with a slot has a content')
    const offset = range.offset + done
    const frame = this.#room(DATA_HEADER_BYTES + length)
    const position = layout.pieceStart(range.piece) + offset
    const { bytesRead } = await file.read(frame, DATA_HEADER_BYTES, length, position)
    if (bytesRead === 0 || !served.isUnchanged(file)) {
      throw new BitTrickleError('FILE_CHANGED', `"${served.name}" changed while it was sent.`, {
        retryable: true,
      })
    }
    writeDataHeader(frame, { ...range, offset, length: bytesRead })
    return frame.subarray(0, DATA_HEADER_BYTES + bytesRead)
  }

  // One buffer for all large frames: each is sent before the next is read.
  #room(bytes: number): Buffer {
    if (bytes <= DATA_HEADER_BYTES + SMALL_BYTES) return Buffer.allocUnsafe(bytes)
    if (this.#buffer === undefined || this.#buffer.length < bytes)
      this.#buffer = Buffer.allocUnsafeSlow(bytes)
    return this.#buffer.subarray(0, bytes)
  }

  async #send(frame: Buffer): Promise<void> {
    const { clock } = this.#services
    const startedAt = clock.monotonic()
    if (this.#unsentFrames === 0) this.#takenAt = startedAt
    this.#unsentFrames++
    await this.#channel.sendData(frame)
    this.#unsentFrames--
    this.#takenAt = clock.monotonic()
    this.#frameSize.learn(frame.length - DATA_HEADER_BYTES, this.#takenAt - startedAt)
  }
}

function first<Asked>(
  asked: ReadonlyMap<Asked, UploadTransfer>,
  isReady: (transfer: UploadTransfer) => boolean,
): [Asked, UploadTransfer] | undefined {
  for (const [what, transfer] of asked) if (isReady(transfer)) return [what, transfer]
  return undefined
}
