import { EventEmitter } from 'eventemitter3'
import type { BitTrickleError } from '../../errors.js'
import type { TransferProgress } from '../types.js'

/** The events of an Upload. */
export interface UploadEvents {
  /** It has got a slot. */
  started: () => void
  progress: (progress: TransferProgress) => void
}

/** Who fetches what. */
export interface UploadInfo {
  /** The name that was asked for. */
  readonly name: string
  /** Where the other peer is. */
  readonly receiver: { readonly host: string; readonly port: number }
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
  /** The name that was asked for. */
  readonly name: string
  /** Where the other peer is. */
  readonly receiver: { readonly host: string; readonly port: number }
  /** Resolves when all bytes are sent; rejects with a {@link BitTrickleError} when they were not. */
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
