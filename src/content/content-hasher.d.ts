import type { Content } from './content.js'

/**
 * Computes the root and the piece layer of bytes that come in parts of any size. It need not know the size
 * beforehand: pieces double whenever there are too many of them, so it holds 80 KiB at most up to files of 32 GiB, and
 * 2 MiB a TiB beyond.
 */
export declare class ContentHasher {
  update(bytes: Uint8Array): this
  /** Ends the content. To be called once. */
  digest(): Content
}
