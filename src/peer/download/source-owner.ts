import type { BitTrickleError } from '../../errors.js'
import type { WholePiece } from './asked-pieces.js'
import type { Write } from './content-sink.js'
import type { DownloadSource } from './download-source.js'
import type { TakenPiece } from './piece-scheduler.js'

/** The download that a {@link DownloadSource} belongs to: what it asks it, and what it tells. */
export interface SourceOwner {
  isPaused(): boolean
  /** The newest one. */
  ticket(): string
  /** The piece to ask of it now, if there is one; see `PieceScheduler.take`. */
  takePiece(
    source: DownloadSource,
    has: (piece: number) => boolean,
    mayShare: boolean,
  ): TakenPiece | undefined
  /** Puts bytes of a piece to their place. */
  write(...args: Parameters<Write>): ReturnType<Write>
  /** It has the content, and can be asked. */
  onReady(source: DownloadSource): void
  /** Its place in the line of those who wait for an upload slot has changed; 0 has one. */
  onQueued(source: DownloadSource, place: number): void
  /** So many bytes have come. */
  onBytes(source: DownloadSource, bytes: number): void
  /** So many bytes that came are of no use any more. */
  onWasted(bytes: number): void
  /** All bytes of a piece have come. Never rejects. */
  onPiece(source: DownloadSource, whole: WholePiece): Promise<void>
  /** A piece that was asked for will not come, and nothing of it is being written any more. */
  onReleased(source: DownloadSource, piece: number): void
  /** Nothing comes of it any more. */
  onEnd(source: DownloadSource, error: BitTrickleError): void
}
