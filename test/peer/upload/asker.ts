import type { Clock } from '../../../src/clock.js'
import { ContentLayout } from '../../../src/content/content-layout.js'
import type { BitTrickleError } from '../../../src/errors.js'
import type { ServedContent } from '../../../src/peer/upload/content-source.js'
import { DataChannel, type DataChannelOptions } from '../../../src/transfer/data-channel.js'
import type { Frame } from '../../../src/transfer/frames.js'
import { codeOf } from '../../../src/transfer/status.js'

/** The other end of an upload channel: says what the test says, and keeps all that comes. */
export class Asker {
  readonly channel: DataChannel
  readonly frames: Frame[] = []
  /** Why the channel ended. */
  readonly closed: Promise<BitTrickleError>
  readonly #received = new Map<number, Buffer>()
  readonly #counts = new Map<number, number>()
  readonly #watchers = new Set<() => void>()
  readonly #layouts = new Map<number, ContentLayout>()
  readonly #requests = new Map<number, number>()
  #transfers = 0

  constructor(connection: Pick<DataChannelOptions, 'stream' | 'read'>, clock: Clock) {
    let onClosed: (error: BitTrickleError) => void = () => {}
    this.closed = new Promise((resolve) => {
      onClosed = resolve
    })
    this.channel = new DataChannel({
      ...connection,
      clock,
      handler: {
        onFrame: (frame) => {
          this.frames.push(frame)
          this.#look()
        },
        onData: ({ transfer, piece, offset, bytes }) => {
          const start = (this.#layouts.get(transfer)?.pieceStart(piece) ?? 0) + offset
          bytes.copy(this.#received.get(transfer) ?? Buffer.alloc(0), start)
          this.#counts.set(transfer, this.count(transfer) + bytes.length)
          this.#look()
        },
        onClose: (error) => {
          onClosed(error)
          this.#look()
        },
      },
    })
  }

  #look(): void {
    for (const watcher of this.#watchers) watcher()
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

  /** Bytes that came of a transfer. */
  count(transfer: number): number {
    return this.#counts.get(transfer) ?? 0
  }

  received(transfer: number): Buffer {
    return this.#received.get(transfer) ?? Buffer.alloc(0)
  }

  /** What came of a transfer, besides data. */
  of(transfer: number): Frame[] {
    return this.frames.filter((frame) => 'transfer' in frame && frame.transfer === transfer)
  }

  /** The code of the failure that came last. */
  failure(transfer: number): string | undefined {
    const failed = this.of(transfer).find((frame) => frame.type === 'failed')
    return failed?.type === 'failed' ? codeOf(failed.status) : undefined
  }

  /** The places in the line that a transfer was told. */
  places(transfer: number): number[] {
    return this.of(transfer).flatMap((frame) => (frame.type === 'queued' ? [frame.place] : []))
  }

  /** Asks for a content. @returns the number of the transfer */
  open({ content: { root, size } }: ServedContent, ticket: string): number {
    const transfer = ++this.#transfers
    this.#layouts.set(transfer, new ContentLayout(size))
    this.#received.set(transfer, Buffer.alloc(size))
    this.channel.send({ type: 'open', transfer, root, ticket })
    return transfer
  }

  /** Asks for bytes. @returns the number of the request */
  request(transfer: number, piece: number, offset: number, length: number): number {
    const request = (this.#requests.get(transfer) ?? 0) + 1
    this.#requests.set(transfer, request)
    this.channel.send({ type: 'request', transfer, request, piece, offset, length })
    return request
  }

  /** Asks for all bytes. */
  requestAll(transfer: number): void {
    const layout = this.#layouts.get(transfer) as ContentLayout
    for (let piece = 0; piece < layout.pieceCount; piece++) {
      this.request(transfer, piece, 0, layout.pieceLength(piece))
    }
  }

  /** Resolves when the other end has seen all that was said so far. */
  async ping(): Promise<void> {
    const transfer = ++this.#transfers
    this.channel.send({ type: 'open', transfer, root: Buffer.alloc(32), ticket: 'none' })
    await this.until(() => this.failure(transfer) !== undefined || this.channel.closed !== undefined)
  }
}
