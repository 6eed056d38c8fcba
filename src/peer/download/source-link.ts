import type { ContentLayout } from '../../content/content-layout.js'
import { BitTrickleError } from '../../errors.js'
import type { SourceRecord } from '../../wire/records.js'
import { Intake } from './intake.js'
import type { SourceChannel, SourceListener, SourceTransfer } from './source-channel.js'

/** What a {@link SourceLink} uses of a channel. */
export type OpenChannel = Pick<SourceChannel, 'open' | 'pause' | 'resume' | 'dataBytes'>

/** What a {@link SourceLink} needs. */
export interface SourceLinkOptions {
  readonly record: SourceRecord
  readonly root: string
  readonly layout: ContentLayout
  readonly connect: (source: SourceRecord) => Promise<OpenChannel>
  /** The newest one. */
  readonly ticket: () => string
  readonly listener: SourceListener
  /** It is open, or {@link SourceLink.intake} has changed. */
  readonly onChange: () => void
}

/** The transfer of one content from one source, on a channel that may have others: opened, lost, and opened again. */
export class SourceLink {
  /** Whether what comes is taken. */
  readonly intake: Intake
  readonly #options: SourceLinkOptions
  #channel: OpenChannel | undefined
  #transfer: SourceTransfer | undefined
  #isOpening = false
  #isClosed = false

  constructor(options: SourceLinkOptions) {
    this.#options = options
    this.intake = new Intake(() => {
      this.#applyIntake()
      options.onChange()
    })
  }

  /** Undefined while there is none. */
  get transfer(): SourceTransfer | undefined {
    return this.#transfer
  }

  /** Bytes of contents that have come on the channel, of this one or others. */
  get dataBytes(): number {
    return this.#channel?.dataBytes ?? 0
  }

  /** Connects and opens the content, where that is not done. A failure is told to the listener. */
  open(): void {
    if (this.#isOpening || this.#transfer !== undefined) return
    this.#isOpening = true
    this.#open()
      .catch((error: unknown) => this.#options.listener.onEnd(toError(error)))
      .finally(() => {
        this.#isOpening = false
      })
  }

  async #open(): Promise<void> {
    const { connect, record, root, layout, ticket, listener, onChange } = this.#options
    const channel = await connect(record)
    if (this.#isClosed) return
    const transfer = channel.open(root, layout, ticket(), {
      onPieces: (pieces) => listener.onPieces(pieces),
      onData: (piece, offset, bytes) => listener.onData(piece, offset, bytes),
      room: (piece) => listener.room?.(piece),
      onQueued: (place) => listener.onQueued(place),
      onRefused: (piece, error) => listener.onRefused(piece, error),
      onEnd: (error) => {
        if (this.#transfer !== transfer) return
        this.#transfer = undefined
        listener.onEnd(error)
      },
    })
    this.#channel = channel
    this.#transfer = transfer
    if (!this.intake.isOpen) this.#applyIntake()
    onChange()
  }

  #applyIntake(): void {
    if (this.intake.isOpen || this.#isClosed) this.#channel?.resume()
    else this.#channel?.pause()
  }

  /** Wants no more of it. The listener is not told. @param end - as {@link SourceTransfer.close} */
  close(end?: 'done' | BitTrickleError): void {
    if (this.#isClosed) return
    this.#isClosed = true
    // The channel may have other things to bring.
    if (!this.intake.isOpen) this.#applyIntake()
    this.#transfer?.close(end)
    this.#transfer = undefined
  }
}

function toError(error: unknown): BitTrickleError {
  if (error instanceof BitTrickleError) return error
  const message = `Lost the source: ${String(error)}.`
  return new BitTrickleError('SOURCE_LOST', message, { retryable: true, cause: error })
}
