import { writeDataHeader } from '../../transfer/frame-encoder.js'
import type { RangeOfPiece } from '../../transfer/frames.js'
import { MAX_REQUESTS } from '../../transfer/limits.js'
import { DATA_HEADER_BYTES } from '../../transfer/protocol.js'
import type { RequestServer } from './serve-requests.js'
import type { UploadServices } from './upload-services.js'
import type { UploadTransfer } from './upload-transfer.js'

// The smallest piece: there is no shorter way for the pieces of a larger content.
const MOST_BYTES = 131_072
// Files that go out in one write. While one is on its way, the next is filled.
const BUFFER_BYTES = 262_144
const MAX_BUFFERS = 2
// So many are not kept waiting until all that has come is verified: the receiver would have nothing to do meanwhile.
const ENOUGH = 8
// So many files in a row, each of which took so long: that is a slow disk, and no other process that had its turn
// meanwhile. It is not waited for again soon.
const SLOW_FILES = 4
const SLOW_MS = 2
const SLOW_FOR_MS = 10_000

/**
 * Answers those who ask for the whole of a small content on one connection, while there is an upload slot that nobody
 * wants: many of them are read and sent in one go, within one turn of the event loop, and so none keeps the slot. To
 * open, read and close a file through the thread pool takes five times as long as the file itself.
 *
 * Whatever is out of the ordinary is left to {@link RequestServer}.
 */
export class SmallAnswers {
  readonly #services: UploadServices
  readonly #requests: RequestServer
  readonly #waiting = new Map<RangeOfPiece, UploadTransfer>()
  readonly #free: Buffer[] = []
  #buffers = 0
  #isToRun = false
  #slowFiles = 0
  #slowUntil = Number.NEGATIVE_INFINITY

  /** @param requests - sends the answers, and takes what cannot be answered here */
  constructor(services: UploadServices, requests: RequestServer) {
    this.#services = services
    this.#requests = requests
  }

  /** Takes a request. @returns false for one that is not answered here */
  take(transfer: UploadTransfer, range: RangeOfPiece): boolean {
    const { served } = transfer
    if (served?.readNow === undefined || this.#services.rate.isBounded) return false
    const { size } = served.content
    const isWhole = range.length === size && range.piece === 0 && size <= MOST_BYTES
    if (!isWhole || transfer.isAsked || this.#waiting.size >= MAX_REQUESTS) return false
    transfer.note(range)
    this.#waiting.set(range, transfer)
    if (this.#waiting.size < ENOUGH) this.#runSoon()
    else this.#run()
    return true
  }

  /** Gives memory back when there is nothing to do. */
  rest(): void {
    this.#buffers -= this.#free.length
    this.#free.length = 0
  }

  get #isOrdinary(): boolean {
    const { queue, clock } = this.#services
    return queue.hasFreeSlot && clock.monotonic() >= this.#slowUntil
  }

  // All that comes in one turn.
  #runSoon(): void {
    if (this.#isToRun) return
    this.#isToRun = true
    setImmediate(() => {
      this.#isToRun = false
      this.#run()
    })
  }

  #run(): void {
    while (this.#waiting.size > 0) {
      if (!this.#isOrdinary) {
        for (const [range, transfer] of this.#waiting) this.#leave(transfer, range)
        return
      }
      const buffer = this.#takeBuffer()
      // It goes on as soon as the receiver has taken something.
      if (buffer === undefined) return
      this.#fill(buffer)
    }
  }

  #takeBuffer(): Buffer | undefined {
    const free = this.#free.pop()
    if (free !== undefined || this.#buffers === MAX_BUFFERS) return free
    this.#buffers++
    return Buffer.allocUnsafeSlow(BUFFER_BYTES)
  }

  #fill(buffer: Buffer): void {
    const onSent: (() => void)[] = []
    let end = 0
    for (const [range, transfer] of this.#waiting) {
      const begin = end + DATA_HEADER_BYTES
      if (begin + range.length > buffer.length) break
      // It may have been taken back meanwhile.
      if (transfer.requests.get(range.request) !== range) {
        this.#waiting.delete(range)
        continue
      }
      const bytes = buffer.subarray(begin, begin + range.length)
      if (transfer.problem() !== undefined || !this.#read(transfer, bytes)) {
        this.#leave(transfer, range)
        continue
      }
      writeDataHeader(buffer.subarray(end), range)
      end = begin + range.length
      this.#waiting.delete(range)
      onSent.push(transfer.answer(range))
      if (!this.#isOrdinary) break
    }
    if (end === 0) this.#free.push(buffer)
    else this.#send(buffer, end, onSent)
  }

  #read({ served }: UploadTransfer, target: Buffer): boolean {
    const { clock } = this.#services
    const startedAt = clock.monotonic()
    const isRead = served?.readNow?.(target) === true
    const now = clock.monotonic()
    this.#slowFiles = now - startedAt > SLOW_MS ? this.#slowFiles + 1 : 0
    if (this.#slowFiles >= SLOW_FILES) this.#slowUntil = now + SLOW_FOR_MS
    return isRead
  }

  #send(buffer: Buffer, length: number, onSent: readonly (() => void)[]): void {
    this.#requests.send(buffer.subarray(0, length), length).then(
      () => {
        this.#free.push(buffer)
        for (const tell of onSent) tell()
        this.#runSoon()
      },
      // The channel's end says the rest.
      () => {},
    )
  }

  #leave(transfer: UploadTransfer, range: RangeOfPiece): void {
    this.#waiting.delete(range)
    if (transfer.requests.get(range.request) === range) this.#requests.resume(transfer, range)
  }
}
