import type { Duplex } from 'node:stream'
import { FrameDecoder } from '../../src/transfer/frame-decoder.js'
import { encodeFrame } from '../../src/transfer/frame-encoder.js'
import type { Frame } from '../../src/transfer/frames.js'

/** A receiver that speaks the data channel by hand: says whatever a test says, and reads or does not. */
export class HostileReceiver {
  readonly stream: Duplex
  /** What came, besides data. */
  readonly frames: Frame[] = []
  /** Bytes of contents that came. */
  received = 0
  /** Resolves when the other end has ended the connection. */
  readonly ended: Promise<void>
  readonly #watchers = new Set<() => void>()
  readonly #read: (onBytes: (bytes: Buffer) => void) => void

  /**
   * @param stream - connected; it is not read before {@link HostileReceiver.read}
   * @param read - how it is read, where not by its events
   */
  constructor(stream: Duplex, read?: (onBytes: (bytes: Buffer) => void) => void) {
    this.stream = stream
    this.#read = read ?? ((onBytes) => stream.on('data', onBytes))
    stream.on('error', () => {})
    this.ended = new Promise((resolve) => stream.once('close', () => resolve()))
  }

  /** Takes what comes. */
  read(): void {
    const decoder = new FrameDecoder({
      onFrame: (frame) => this.frames.push(frame),
      onData: ({ bytes }) => {
        this.received += bytes.length
      },
    })
    this.#read((bytes) => {
      decoder.push(bytes)
      for (const watcher of this.#watchers) watcher()
    })
    this.stream.on('end', () => this.stream.end())
  }

  /** Resolves when it is so; looks whenever something came. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const watcher = (): void => {
        if (!isSo()) return
        this.#watchers.delete(watcher)
        resolve()
      }
      this.#watchers.add(watcher)
      watcher()
    })
  }

  send(...frames: readonly Frame[]): void {
    this.raw(Buffer.concat(frames.map(encodeFrame)))
  }

  raw(bytes: Buffer): void {
    if (!this.stream.destroyed) this.stream.write(bytes)
  }

  hello(): void {
    this.send({ type: 'hello', version: 1, maxRequests: 256 })
  }

  close(): void {
    this.stream.destroy()
  }
}
