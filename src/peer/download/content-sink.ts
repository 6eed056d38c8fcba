import type { Bitfield } from '../../content/bitfield.js'
import type { WrittenBytes } from '../../content/write-thread.js'

/**
 * Puts bytes at a position of a content. They are the beginning of a buffer that is theirs alone, and must not change
 * before it has resolved.
 *
 * @returns their hashes and their buffer, where a thread took both: then what was given is empty
 */
export type Write = (bytes: Buffer, position: number) => Promise<WrittenBytes | undefined>

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
  write(...args: Parameters<Write>): ReturnType<Write>
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
