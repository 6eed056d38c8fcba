import type { Clock } from '../../clock.js'
import type { Bitfield } from '../../content/bitfield.js'
import type { ContentLayout } from '../../content/content-layout.js'
import type { SourceRecord } from '../../wire/records.js'
import type { DownloadControl } from './download.js'
import type { Room } from './file-placer.js'
import type { SourceChannel, SourceListener, SourceTransfer } from './source-channel.js'

/** What a {@link SmallRequest} needs. */
export interface SmallRequestOptions {
  readonly source: SourceRecord
  readonly root: string
  /** Of one piece. */
  readonly layout: ContentLayout
  readonly ticket: string
  /** Where the bytes go. */
  readonly room: Pick<Room, 'write'>
  readonly control: Pick<DownloadControl, 'started' | 'source' | 'queued'>
  readonly clock: Clock
  readonly connect: (source: SourceRecord) => Promise<Pick<SourceChannel, 'open' | 'dataBytes'>>
}

/** All bytes have come, whatever they are; the source will not send them; or it seems to be gone. */
export type SmallOutcome = 'whole' | 'refused' | 'lost'

// Nothing has come on the channel for so long.
const SILENCE_MS = 5_000
// Whatever else has come: by then, the ticket has run out.
const PATIENCE_MS = 60_000

/** A content of one piece that is asked of one source, once. */
export class SmallRequest implements SourceListener {
  readonly done: Promise<SmallOutcome>
  // Nothing when it is over. Tables of what is under way outlive the young generation of the heap, and what they have ever
  // held lives as long as they do: it should be little.
  #options: SmallRequestOptions | undefined
  readonly #clock: Clock
  readonly #beganAt: number
  #resolve: (outcome: SmallOutcome) => void = () => {}
  #reject: (error: unknown) => void = () => {}
  #channel: Pick<SourceChannel, 'dataBytes'> | undefined
  #transfer: SourceTransfer | undefined
  #heard = 0
  #heardAt: number
  #place = 0
  #hasBegun = false

  constructor(options: SmallRequestOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#beganAt = options.clock.monotonic()
    this.#heardAt = this.#beganAt
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    options
      .connect(options.source)
      .then((channel) => this.#ask(channel))
      .catch(() => this.#end('lost'))
  }

  #ask(channel: Pick<SourceChannel, 'open' | 'dataBytes'>): void {
    if (this.#options === undefined) return
    const { root, layout, ticket } = this.#options
    this.#channel = channel
    this.#transfer = channel.open(root, layout, ticket, this)
    // Without waiting for the answer: it is in the same write.
    this.#transfer.request(0)
  }

  onPieces(_pieces: Bitfield): void {
    this.#hasBegun = true
    this.#options?.control.started()
    this.#options?.control.source(this.#options.source)
  }

  onData(_piece: number, offset: number, bytes: Buffer): void {
    if (this.#options === undefined) return
    const { room, layout } = this.#options
    room.write(bytes, offset)
    if (offset + bytes.length === layout.size) this.#end('whole')
  }

  onQueued(place: number): void {
    this.#place = place
    this.#options?.control.queued({ source: this.#options.source, place })
  }

  onRefused(): void {
    this.#end('refused')
  }

  onEnd(): void {
    this.#end(this.#transfer === undefined ? 'lost' : 'refused')
  }

  /** Some time has passed: looks whether anything is still to be expected. */
  tick(): void {
    const now = this.#clock.monotonic()
    const heard = this.#channel?.dataBytes ?? 0
    // What is asked before this comes first; and who has a place in the line has not been forgotten.
    if (heard !== this.#heard || this.#place > 0) this.#heardAt = now
    this.#heard = heard
    if (now - this.#heardAt >= SILENCE_MS || now - this.#beganAt >= PATIENCE_MS) this.#end('lost')
  }

  /** Whether the source has said that it has the content. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Gives it up. */
  fail(error: unknown): void {
    this.#reject(error)
    this.#end('refused')
  }

  #end(outcome: SmallOutcome): void {
    if (this.#options === undefined) return
    this.#options = undefined
    this.#transfer?.close()
    this.#transfer = undefined
    this.#resolve(outcome)
  }
}
