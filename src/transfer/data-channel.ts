import type { Duplex } from 'node:stream'
import type { Clock, Timer } from '../clock.js'
import { BitTrickleError, type ErrorCode } from '../errors.js'
import { violation } from './frame-body.js'
import { FrameDecoder } from './frame-decoder.js'
import { encodeFrame } from './frame-encoder.js'
import type { DataPart, DataPlace, Frame, GoodbyeFrame, HelloFrame } from './frames.js'
import { CONNECT_MS, DEAD_MS, GOODBYE_MS, KEEPALIVE_MS, MAX_REQUESTS, MAX_UNSENT_BYTES } from './limits.js'
import { DATA_CHANNEL_VERSION } from './protocol.js'
import { codeOf, STATUS_OK, statusOf } from './status.js'
import type { ReadStream } from './tls-reader.js'

/** Whom a {@link DataChannel} tells what came. What it throws ends the channel, see {@link DataChannel.fail}. */
export interface DataChannelHandler {
  /** Every frame but hello, keepalive and goodbye, which the channel sees to. */
  onFrame(frame: Exclude<Frame, HelloFrame>): void
  onData(part: DataPart): void
  /** Memory where the next bytes of a data frame may be put before they are told, if they have a place of their own. */
  room?(place: DataPlace): Buffer | undefined
  /** The last call. The error says why, where all was not well. */
  onClose(error: BitTrickleError): void
}

/** What a {@link DataChannel} needs. */
export interface DataChannelOptions {
  /** Connected, and already sure of who is at the other end. Either end may have opened it. */
  readonly stream: Duplex
  /**
   * Hands on the bytes that come, which may be written over afterwards.
   * @defaultValue the stream's `data` events do
   */
  readonly read?: ReadStream
  readonly handler: DataChannelHandler
  readonly clock: Clock
}

/** One connection of two peers: frames both ways over any stream of bytes. */
export class DataChannel {
  readonly #stream: Duplex
  readonly #handler: DataChannelHandler
  readonly #clock: Clock
  readonly #decoder: FrameDecoder
  readonly #hello: Promise<HelloFrame>
  #greet: (hello: HelloFrame) => void = () => {}
  #reject: (error: BitTrickleError) => void = () => {}
  #isGreeted = false
  #hasGoneWell = false
  // Who waits for room: a stream that is stuck calls nobody back.
  readonly #senders = new Set<(error: BitTrickleError) => void>()
  #closed: BitTrickleError | undefined
  #unwritten: Buffer[] = []
  #heardAt: number
  #saidAt: number
  #timer: Timer

  constructor({ stream, read, handler, clock }: DataChannelOptions) {
    this.#stream = stream
    this.#handler = handler
    this.#clock = clock
    this.#heardAt = clock.monotonic()
    this.#saidAt = this.#heardAt
    this.#hello = new Promise((resolve, reject) => {
      this.#greet = resolve
      this.#reject = reject
    })
    this.#hello.catch(() => {})
    this.#decoder = new FrameDecoder({
      onFrame: (frame) => this.#onFrame(frame),
      onData: (part) => {
        if (this.#closed !== undefined) return
        if (!this.#isGreeted) throw violation('data before hello')
        handler.onData(part)
      },
      room: (place) => (this.#closed === undefined ? handler.room?.(place) : undefined),
    })
    const onBytes = (bytes: Buffer): void => this.#push(bytes)
    if (read === undefined) stream.on('data', onBytes)
    else read(onBytes, () => this.#decoder.room())
    stream.on('end', () => this.#end(lost('the other peer has closed the connection')))
    stream.on('error', (cause: Error) => this.#end(lost(cause.message, cause)))
    stream.on('close', () => this.#end(lost('the connection is closed')))
    this.#timer = clock.setTimeout(() => this.#watch(), CONNECT_MS)
    this.send({ type: 'hello', version: DATA_CHANNEL_VERSION, maxRequests: MAX_REQUESTS })
    // Its events are over.
    if (stream.destroyed) queueMicrotask(() => this.#end(lost('the connection is closed')))
  }

  /**
   * Resolves when the other end has said hello.
   * @throws {@link BitTrickleError} (rejects) with why the channel ended before
   */
  get hello(): Promise<HelloFrame> {
    return this.#hello
  }

  /** Why it ended; undefined while it is open. */
  get closed(): BitTrickleError | undefined {
    return this.#closed
  }

  /** Whether the other end has said goodbye because all was well. */
  get hasGoneWell(): boolean {
    return this.#hasGoneWell
  }

  /** Bytes that wait to be sent. */
  get unsentBytes(): number {
    return this.#stream.writableLength
  }

  /**
   * Sends frames, in one write with all that is sent in this turn of the event loop: to wake the other end costs more
   * than to send. After the end they go nowhere.
   */
  send(...frames: readonly Frame[]): void {
    if (this.#closed !== undefined) return
    if (this.#unwritten.length === 0) setImmediate(() => this.#flush())
    for (const frame of frames) this.#unwritten.push(encodeFrame(frame))
  }

  #flush(): void {
    if (this.#unwritten.length === 0) return
    this.#write(Buffer.concat(this.#unwritten))
    this.#unwritten = []
    if (this.#stream.writableLength > MAX_UNSENT_BYTES) this.#end(lost('the other peer takes nothing'))
  }

  /**
   * Sends a data frame, header and bytes in one buffer, and resolves when there is room for another one. The buffer
   * must not change until then. Any other frame that is long may be sent this way too.
   *
   * @throws {@link BitTrickleError} (rejects) with why the channel ended
   */
  sendData(frame: Buffer): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    this.#flush()
    this.#saidAt = this.#clock.monotonic()
    return new Promise((resolve, reject) => {
      this.#senders.add(reject)
      this.#stream.write(frame, (cause) => {
        this.#senders.delete(reject)
        if (cause) this.#end(lost(cause.message, cause))
        if (this.#closed === undefined) resolve()
        else reject(this.#closed)
      })
    })
  }

  /** Takes no more bytes until {@link resume}: the other end has to wait. */
  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    // What paused us was not the other end's silence.
    this.#heardAt = this.#clock.monotonic()
    this.#stream.resume()
  }

  /** Says goodbye and ends the connection. May be called again. */
  close(code?: ErrorCode, message = ''): void {
    this.#say(
      new BitTrickleError(code ?? 'CLOSED', message === '' ? 'The connection was closed.' : message),
      {
        status: code === undefined ? STATUS_OK : statusOf(code),
        message,
      },
    )
  }

  /** Ends the connection for what a frame of the other end led to; it is told what it did wrong, and no more. */
  fail(error: unknown): void {
    if (error instanceof BitTrickleError && error.code !== 'INTERNAL') {
      this.close(error.code, error.message)
    } else {
      const own = new BitTrickleError('INTERNAL', 'A data channel failed.', { cause: error })
      this.#say(own, { status: statusOf('INTERNAL'), message: '' })
    }
  }

  #push(bytes: Buffer): void {
    if (this.#closed !== undefined) return
    this.#heardAt = this.#clock.monotonic()
    try {
      this.#decoder.push(bytes)
    } catch (error) {
      this.fail(error)
    }
  }

  #say(error: BitTrickleError, goodbye: Omit<GoodbyeFrame, 'type'>): void {
    if (this.#closed !== undefined) return
    this.#flush()
    this.#write(encodeFrame({ type: 'goodbye', ...goodbye }))
    this.#end(error)
  }

  #write(bytes: Buffer): void {
    if (this.#closed !== undefined || this.#stream.destroyed) return
    this.#saidAt = this.#clock.monotonic()
    this.#stream.write(bytes)
  }

  #onFrame(frame: Frame): void {
    // What comes in one piece with the last frame is not for anybody.
    if (this.#closed !== undefined) return
    if (frame.type === 'hello') {
      if (this.#isGreeted) throw violation('a second hello')
      if (frame.version < DATA_CHANNEL_VERSION) {
        throw new BitTrickleError('UNSUPPORTED_VERSION', 'The two peers have no version in common.')
      }
      this.#isGreeted = true
      this.#greet(frame)
      return
    }
    if (!this.#isGreeted) throw violation(`${frame.type} before hello`)
    if (frame.type === 'goodbye') {
      this.#hasGoneWell = frame.status === STATUS_OK
      const code = this.#hasGoneWell ? 'SOURCE_LOST' : codeOf(frame.status)
      const why = frame.message === '' ? 'no reason given' : frame.message
      this.#end(new BitTrickleError(code, `The other peer said goodbye: ${why}.`, { retryable: true }))
    } else if (frame.type !== 'keepalive') {
      this.#handler.onFrame(frame)
    }
  }

  #watch(): void {
    const now = this.#clock.monotonic()
    if (!this.#isGreeted) {
      this.#end(lost('the other peer does not say hello'))
      return
    }
    const isPaused = this.#stream.isPaused()
    if (now - this.#heardAt >= DEAD_MS && !isPaused) {
      this.#end(lost('the other peer has fallen silent'))
      return
    }
    if (now - this.#saidAt >= KEEPALIVE_MS) this.#write(encodeFrame({ type: 'keepalive' }))
    const next = Math.min(
      this.#saidAt + KEEPALIVE_MS,
      isPaused ? Number.POSITIVE_INFINITY : this.#heardAt + DEAD_MS,
    )
    // What was said meanwhile puts this off. A millisecond at least, since clocks round.
    this.#timer = this.#clock.setTimeout(() => this.#watch(), Math.max(1, next - now))
  }

  #end(error: BitTrickleError): void {
    if (this.#closed !== undefined) return
    this.#closed = error
    this.#timer.cancel()
    this.#reject(error)
    for (const reject of this.#senders) reject(error)
    this.#senders.clear()
    this.#finish()
    this.#handler.onClose(error)
  }

  /**
   * Lets what was written go out, and waits for the end of the other side: a connection that is closed with bytes
   * unread is reset, and the goodbye may be lost with it. Nobody waits for ever.
   */
  #finish(): void {
    const stream = this.#stream
    if (stream.destroyed) return
    const patience = this.#clock.setTimeout(() => stream.destroy(), GOODBYE_MS)
    stream.once('close', () => patience.cancel())
    stream.once('end', () => stream.end(() => stream.destroy()))
    stream.resume()
    if (stream.readableEnded) stream.end(() => stream.destroy())
    else stream.end()
  }
}

function lost(why: string, cause?: unknown): BitTrickleError {
  return new BitTrickleError('SOURCE_LOST', `Lost the other peer: ${why}.`, { retryable: true, cause })
}
