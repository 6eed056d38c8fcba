import { HASH_BYTES } from '../../content/block-tree.js'
import { BitTrickleError } from '../../errors.js'
import type { DataChannel } from '../../transfer/data-channel.js'
import { violation } from '../../transfer/frame-body.js'
import { encodeFrame } from '../../transfer/frame-encoder.js'
import type { RangeOfPiece, RequestHashesFrame } from '../../transfer/frames.js'
import { MAX_REQUESTS } from '../../transfer/limits.js'
import { MAX_DATA_BYTES } from '../../transfer/protocol.js'
import { DataFrames } from './data-frames.js'
import { FrameSize } from './frame-size.js'
import { ReceiverPace } from './receiver-pace.js'
import type { UploadServices } from './upload-services.js'
import type { UploadTransfer } from './upload-transfer.js'

// An answer of no more goes out in a buffer of its own, and what comes next does not wait until it is sent.
const SMALL_BYTES = 65_536

interface Asked {
  readonly transfer: UploadTransfer
  /** Bytes that were sent already. */
  sent: number
}

/**
 * Answers what is asked on one connection: one request after the other, in the order in which they came, but for
 * those that have no upload slot yet. Hashes need none and go first, since bytes cannot be checked without them.
 */
export class RequestServer {
  readonly #hashes = new Map<RequestHashesFrame, UploadTransfer>()
  readonly #data = new Map<RangeOfPiece, Asked>()
  readonly #channel: DataChannel
  readonly #services: UploadServices
  readonly #onFailure: (transfer: UploadTransfer, error: unknown) => void
  readonly #frameSize = new FrameSize()
  readonly #pace = new ReceiverPace()
  #isRunning = false
  // Large frames: one is read while the one before is sent.
  #buffers: Buffer[] = []
  #sending: Promise<void> = Promise.resolve()
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
    this.#data.set(range, { transfer, sent: 0 })
    transfer.ask(range)
  }

  /** Takes a request that its transfer knows already. */
  resume(transfer: UploadTransfer, range: RangeOfPiece): void {
    this.#data.set(range, { transfer, sent: 0 })
    transfer.seekSlot()
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

  /** Whether the receiver takes so little that it keeps others from a slot. */
  get isSlow(): boolean {
    return this.#pace.isSlow
  }

  /** Gives memory back when there is nothing to do. */
  rest(): void {
    if (!this.#isRunning) this.#buffers = []
  }

  /** Looks whether something can be answered. @returns what settles when there is nothing more; undefined when it runs */
  wake(): Promise<void> | undefined {
    if (this.#isRunning || this.#hashes.size + this.#data.size === 0) return undefined
    this.#isRunning = true
    return this.#run()
  }

  async #run(): Promise<void> {
    // Slots that are free are given in the next microtask: what was asked first is to be answered first.
    await undefined
    try {
      while (this.#channel.closed === undefined) {
        const hashes = this.#nextHashes()
        const frames = hashes === undefined ? this.#nextData() : undefined
        if (hashes !== undefined) await this.#answerHashes(...hashes)
        else if (frames !== undefined) await this.#answer(...frames)
        else return
      }
    } catch (error) {
      this.#channel.fail(error)
    } finally {
      this.#isRunning = false
    }
  }

  #nextHashes(): [RequestHashesFrame, UploadTransfer] | undefined {
    for (const asked of this.#hashes) if (asked[1].served !== undefined) return asked
    return undefined
  }

  /** The next bytes to read and to send in one go: also of more requests, as long as they go on in the file. */
  #nextData(): [UploadTransfer, DataFrames] | undefined {
    const { rate } = this.#services
    const most = rate.isBounded ? Math.min(rate.partBytes, this.#frameSize.bytes) : this.#frameSize.bytes
    let owner: UploadTransfer | undefined
    const frames = new DataFrames(most)
    for (const [range, { transfer, sent }] of this.#data) {
      if (!transfer.hasSlot) continue
      if (owner !== undefined && owner !== transfer) break
      owner = transfer
      if (!frames.add(range, sent, transfer.positionOf(range))) break
    }
    return owner === undefined ? undefined : [owner, frames]
  }

  async #answerHashes(frame: RequestHashesFrame, transfer: UploadTransfer): Promise<void> {
    this.#hashes.delete(frame)
    const { first: from, count } = frame
    const pieces = transfer.served?.content.pieces ?? Buffer.alloc(0)
    const hashes = pieces.subarray(from * HASH_BYTES, (from + count) * HASH_BYTES)
    if (hashes.length < count * HASH_BYTES)
      throw violation('a request of hashes that the content does not have')
    await this.send(
      encodeFrame({ type: 'hashes', transfer: transfer.number, first: from, hashes }),
      hashes.length,
    )
  }

  async #answer(transfer: UploadTransfer, frames: DataFrames): Promise<void> {
    try {
      await this.#read(transfer, frames)
      await this.#sending
      // Some may have been taken back, or the transfer closed.
      const ready = frames.only((range) => this.#data.has(range))
      // Before the last bytes go: as soon as the receiver has them, it may ask for something else.
      for (const { range, length } of ready.parts) this.#advance(range, length)
      if (ready.length === 0) return
      const onSent = transfer.handOver(ready.length)
      const sending = this.send(ready.bytes, ready.length).then(onSent)
      if (ready.bytes.length > SMALL_BYTES || this.#channel.unsentBytes > MAX_DATA_BYTES) {
        this.#sending = sending
      }
      // The channel's end says the rest.
      sending.catch(() => {})
    } catch (error) {
      if (this.#channel.closed === undefined && !transfer.isEnded) this.#onFailure(transfer, error)
    }
  }

  #advance(range: RangeOfPiece, bytes: number): void {
    const asked = this.#data.get(range)
    if (asked === undefined) return
    asked.sent += bytes
    if (asked.sent === range.length) this.settle(asked.transfer, range.request)
  }

  async #read(transfer: UploadTransfer, frames: DataFrames): Promise<void> {
    const file = await transfer.file()
    const { rate } = this.#services
    if (rate.isBounded) await rate.take(frames.length)
    const problem = transfer.problem()
    if (problem !== undefined) throw problem

    const { served } = transfer
    if (served === undefined) throw new Error('a transfer with a slot has a content')
    const isWhole = await frames.read(file, this.#room(frames.size))
    if (isWhole && served.isUnchanged(file)) return
    throw new BitTrickleError('FILE_CHANGED', `"${served.name}" changed while it was sent.`, {
      retryable: true,
    })
  }

  // Two buffers in turns: the one before the last is sent when the next is read.
  #room(bytes: number): Buffer {
    if (bytes <= SMALL_BYTES) return Buffer.allocUnsafe(bytes)
    const free = this.#buffers.length < 2 ? undefined : this.#buffers.shift()
    const buffer = free !== undefined && free.length >= bytes ? free : Buffer.allocUnsafeSlow(bytes)
    this.#buffers.push(buffer)
    return buffer.subarray(0, bytes)
  }

  /**
   * Sends answers, and resolves when there is room for more.
   *
   * @param bytes - how many there are, besides what stands in front of them
   * @throws {@link BitTrickleError} (rejects) with why the channel ended
   */
  async send(frames: Buffer, bytes: number): Promise<void> {
    const { clock } = this.#services
    const startedAt = clock.monotonic()
    if (this.#unsentFrames === 0) this.#takenAt = startedAt
    this.#unsentFrames++
    await this.#channel.sendData(frames)
    this.#unsentFrames--
    const now = clock.monotonic()
    this.#pace.learn(bytes, now - this.#takenAt)
    this.#frameSize.learn(bytes, now - startedAt)
    this.#takenAt = now
  }
}
