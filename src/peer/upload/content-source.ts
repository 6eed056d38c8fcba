import type { FileHandle } from 'node:fs/promises'
import type { Content } from '../../content/content.js'

/** A content that this peer can serve. */
export interface ServedContent {
  /** The name under which it is published. */
  readonly name: string
  readonly content: Content
  /**
   * Opens the file.
   * @throws {@link BitTrickleError} (rejects) `FILE_CHANGED` when its stamp is not the one that was hashed; as
   * `ShareFolder.open` where it cannot be opened
   */
  open(): Promise<FileHandle>
  /**
   * Reads the whole file within this turn of the event loop; absent where that cannot be done.
   *
   * @param target - as long as the content
   * @returns false when it could not be read, or is not what was hashed; {@link ServedContent.open} says why
   */
  readNow?(target: Buffer): boolean
  /** Whether the stamp of the open file is still the one that was hashed. */
  isUnchanged(handle: FileHandle): boolean
}

/** Where the contents that are served come from. */
export interface ContentSource {
  /** The content with this root, while it is published. */
  find(root: Buffer): ServedContent | undefined
}
