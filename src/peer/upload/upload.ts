import { EventEmitter } from 'eventemitter3'
import type { BitTrickleError } from '../../errors.js'
import type { TransferProgress } from '../types.js'

/** The events of an Upload. */
export interface UploadEvents {
  /** It has got a slot. */
  started: () => void
  /** Bytes have been sent. */
  progress: (progress: TransferProgress) => void
}

/** The peer that fetches a file. */
export interface UploadReceiver {
  /** Its account, as the index vouches for it; a classic peer does not say. */
  readonly username?: string
  /** IP address. */
  readonly host: string
  /** TCP port. */
  readonly port: number
}

/** Who fetches what. */
export interface UploadInfo {
  /** The name under which it is published. */
  readonly name: string
  /** Who fetches it. */
  readonly receiver: UploadReceiver
}

/**
 * A file on its way to another peer. It first waits for one of the upload slots.
 *
 * @example
 * ```ts
 * peer.on('upload', (upload) => {
 *   upload.on('progress', ({ transferred, size }) => console.log(upload.name, transferred, size))
 *   upload.done.catch((error) => console.error(error.message))
 * })
 * ```
 */
export class Upload extends EventEmitter<UploadEvents> {
  /** The name under which it is published. */
  readonly name: string
  /** Who fetches it. */
  readonly receiver: UploadReceiver
  /**
   * Resolves when all bytes are sent, or all that the receiver wanted: it may have had the rest from elsewhere. Rejects
   * with a {@link BitTrickleError} when they were not.
   */
  readonly done: Promise<void>
  #progress: TransferProgress = { transferred: 0 }

  /** @internal */
  constructor({ name, receiver }: UploadInfo, done: Promise<void>) {
    super()
    this.name = name
    this.receiver = receiver
    this.done = done
    // Whoever is interested looks at `done`; nobody has to.
    done.catch((_error: BitTrickleError) => {})
  }

  /** How far it is. */
  get progress(): TransferProgress {
    return this.#progress
  }

  /** @internal */
  report(progress: TransferProgress): void {
    this.#progress = progress
    this.emit('progress', progress)
  }
}
