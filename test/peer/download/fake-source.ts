import type { Clock } from '../../../src/clock.js'
import { Bitfield } from '../../../src/content/bitfield.js'
import type { BitTrickleError } from '../../../src/errors.js'
import type { SourceRecord } from '../../../src/index.js'
import type { SourceListener, SourceTransfer } from '../../../src/peer/download/source-channel.js'
import type { OpenChannel } from '../../../src/peer/download/source-link.js'
import type { TestContent } from '../../helpers/hostile-source.js'

/** How a source is. */
export interface FakeSourceOptions {
  /** Bytes a millisecond. */
  readonly rate?: number
  /** Milliseconds until a request has got there, and its answer back. */
  readonly delay?: number
  /** Which pieces it has. @defaultValue all */
  readonly pieces?: readonly number[]
}

// In which it sends one part of an answer.
const PART_MS = 20

/** A source in the time of a test's clock: one channel, one transfer at a time, and answers in order. */
export class FakeSource implements OpenChannel {
  readonly record: SourceRecord
  readonly served: TestContent
  /** What it was asked for and has not answered, in order. */
  readonly asked: number[] = []
  /** All that it was ever asked for. */
  readonly log: number[] = []
  readonly cancelled: number[] = []
  /** Both, in the order in which they came. */
  readonly calls: string[] = []
  readonly tickets: string[] = []
  listener: SourceListener | undefined
  opened = 0
  sent = 0
  dataBytes = 0
  isPaused = false
  /** It takes what it is asked, and sends nothing. */
  isStalled = false
  /** It does not tell the piece layer. */
  isMute = false
  /** It sends other bytes than it should. */
  isLying = false
  /** The next connection fails. */
  refusal: Error | undefined
  /** Milliseconds in which it had nothing to send. */
  idle = 0
  readonly #clock: Clock
  readonly #options: FakeSourceOptions
  #done = 0
  #isRunning = false
  #idleSince: number

  constructor(name: string, served: TestContent, clock: Clock, options: FakeSourceOptions = {}) {
    this.record = { username: name, host: '127.0.0.1', port: 1, fingerprint: name }
    this.served = served
    this.#clock = clock
    this.#options = options
    this.#idleSince = clock.monotonic()
  }

  async connect(): Promise<OpenChannel> {
    if (this.refusal !== undefined) throw this.refusal
    return this
  }

  open(_root: string, _layout: unknown, ticket: string, listener: SourceListener): SourceTransfer {
    this.opened++
    this.tickets.push(ticket)
    this.listener = listener
    const { pieceCount } = this.served.layout
    const pieces = this.#options.pieces === undefined ? Bitfield.full(pieceCount) : new Bitfield(pieceCount)
    for (const piece of this.#options.pieces ?? []) pieces.add(piece)
    this.#later(() => listener.onPieces(pieces))
    return {
      layer: () =>
        new Promise((resolve) => {
          this.#later(() => {
            if (!this.isMute) resolve(Buffer.from(this.served.content.pieces))
          })
        }),
      request: (piece) => {
        this.asked.push(piece)
        this.log.push(piece)
        this.calls.push(`request ${piece}`)
        this.#later(() => this.go())
      },
      cancel: (piece) => {
        this.cancelled.push(piece)
        this.calls.push(`cancel ${piece}`)
        const at = this.asked.indexOf(piece)
        if (at === 0) this.#done = 0
        if (at >= 0) this.asked.splice(at, 1)
      },
      renew: (fresh) => this.tickets.push(fresh),
      close: () => {
        this.asked.length = 0
        this.#done = 0
        this.listener = undefined
      },
    }
  }

  /** Breaks off. */
  end(error: BitTrickleError): void {
    const { listener } = this
    this.asked.length = 0
    this.#done = 0
    this.listener = undefined
    listener?.onEnd(error)
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    this.go()
  }

  /** Sends what it was asked for; goes on when it had stopped. */
  go(): void {
    if (this.#isRunning || this.isStalled || this.isPaused || this.asked.length === 0) return
    this.idle += this.#clock.monotonic() - this.#idleSince
    this.#isRunning = true
    this.#clock.setTimeout(() => this.#sendPart(), PART_MS)
  }

  #sendPart(): void {
    this.#isRunning = false
    this.#idleSince = this.#clock.monotonic()
    let room = Math.round((this.#options.rate ?? 1_000) * PART_MS)
    while (room > 0 && !this.isStalled && !this.isPaused) {
      const [piece] = this.asked
      if (piece === undefined) break
      const { layout, bytes } = this.served
      const length = Math.min(room, layout.pieceLength(piece) - this.#done)
      const from = layout.pieceStart(piece) + this.#done
      const part = Buffer.from(bytes.subarray(from, from + length))
      if (this.isLying) part.fill(0)
      const offset = this.#done
      this.#done += length
      room -= length
      if (this.#done === layout.pieceLength(piece)) {
        this.asked.shift()
        this.#done = 0
      }
      this.sent += length
      this.dataBytes += length
      this.listener?.onData(piece, offset, part)
    }
    this.go()
  }

  #later(action: () => void): void {
    this.#clock.setTimeout(action, this.#options.delay ?? 1)
  }
}
