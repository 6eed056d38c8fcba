import type { Bitfield } from '../../content/bitfield.js'

/** Where the pieces of a content go. */
export interface ContentSink {
  /** The pieces that are there, or need not be fetched. They are added by {@link ContentSink.add}. */
  readonly pieces: Bitfield
  /** Whether those pieces are known to be right; else {@link ContentSink.check} looks, before anything is fetched. */
  readonly isChecked: boolean
  /**
   * Takes those pieces away again that are not right.
   *
   * @param layer - the piece layer, which is the content's
   * @throws BitTrickleError `DISK_ERROR`, or the reason of the signal
   */
  check(layer: Buffer, signal: AbortSignal): Promise<void>
  /**
   * Takes bytes of a piece, which do not count yet. Bytes of one piece come from one source at a time; when another one
   * has to begin with it anew, they come again.
   *
   * @throws BitTrickleError `DISK_ERROR`
   */
  write(bytes: Buffer, position: number): Promise<void>
  /**
   * A piece was verified, and all its bytes were taken.
   * @throws BitTrickleError `DISK_ERROR`
   */
  add(piece: number): Promise<void>
  /** Whether a piece may be asked for now. One that is read in order holds only so many; absent: any. */
  wants?(piece: number): boolean
  /** Calls back whenever more may be asked for. */
  listen?(onRoom: () => void): void
}
