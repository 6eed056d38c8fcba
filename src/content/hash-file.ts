import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { BitTrickleError, systemErrorCode } from '../errors.js'
import type { Content } from './content.js'
import { ContentHasher } from './content-hasher.js'
import { ContentLayout } from './content-layout.js'
import { type FileStamp, isSameStamp, stampOf } from './file-stamp.js'
import { PROGRESS_BYTES, READ_BYTES } from './reads.js'

/** How a file is hashed. */
export interface HashFileOptions {
  /**
   * Ends the work early, with `ABORTED`.
   * @defaultValue none
   */
  readonly signal?: AbortSignal
  /**
   * Told every 4 MiB, and at the end, how many bytes are hashed.
   * @defaultValue none
   */
  readonly onProgress?: (progress: HashProgress) => void
}

/** How far the hashing of a file is. */
export interface HashProgress {
  /** Bytes so far. */
  readonly hashed: number
  /** Bytes in all. */
  readonly size: number
}

/** A file's content, and the stamp that the file had before and after it was read. */
export interface HashedFile {
  readonly content: Content
  readonly stamp: FileStamp
}

/**
 * A way to hash an open file: here, or in a worker. It reads no more than `size` bytes, and stops early where the
 * file ends or the signal is aborted. When it has settled, nothing uses the file any longer.
 */
export type HashHandle = (
  file: FileHandle,
  size: number,
  onProgress: (hashed: number) => void,
  signal: AbortSignal | undefined,
) => Promise<Content>

/**
 * Hashes a file.
 *
 * @param file - its path, or a handle that stays open and belongs to the caller
 * @param hashHandle - how: on this thread, unless said otherwise
 * @throws {@link BitTrickleError} `FILE_CHANGED` when it was written to or replaced meanwhile; `NOT_FOUND`,
 * `FILE_UNREADABLE`, `ABORTED`
 */
export async function hashFile(
  file: string | FileHandle,
  options: HashFileOptions = {},
  hashHandle: HashHandle = hashHere,
): Promise<HashedFile> {
  const { signal } = options
  if (signal?.aborted) throw toAbortError(signal)
  const path = typeof file === 'string' ? file : undefined
  const name = path === undefined ? 'The file' : `The file ${path}`
  let handle: FileHandle | undefined
  try {
    // A pipe does not make us wait.
    handle =
      typeof file === 'string' ? await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)) : file
    const before = await handle.stat({ bigint: true })
    if (!before.isFile()) throw unreadable(`${name} is not a regular file.`)
    const stamp = stampOf(before)
    if (!ContentLayout.isSize(stamp.size)) throw unreadable(`${name} is larger than 4 TiB.`)

    if (signal?.aborted) throw toAbortError(signal)
    const onProgress = (hashed: number): void => options.onProgress?.({ hashed, size: stamp.size })
    const content = await hashHandle(handle, stamp.size, onProgress, signal)
    if (signal?.aborted) throw toAbortError(signal)

    const after = [
      handle.stat({ bigint: true }),
      ...(path === undefined ? [] : [stat(path, { bigint: true })]),
    ]
    const isSame = (await Promise.all(after)).every((stats) => isSameStamp(stamp, stampOf(stats)))
    if (!isSame || content.size !== stamp.size) throw changed(name)
    return { content, stamp }
  } catch (error) {
    throw toFileError(name, error, handle !== undefined)
  } finally {
    if (path !== undefined) await handle?.close()
  }
}

/** Hashes on this thread. Each read gives the event loop a turn, and what is hashed in between takes 0.1 ms. */
export const hashHere: HashHandle = async (file, size, onProgress, signal) => {
  const hasher = new ContentHasher()
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, size))
  let position = 0
  while (position < size && signal?.aborted !== true) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - position), position)
    if (bytesRead === 0) break
    hasher.update(buffer.subarray(0, bytesRead))
    position += bytesRead
    if (position % PROGRESS_BYTES === 0 || position === size) onProgress(position)
  }
  return hasher.digest()
}

function toAbortError(signal: AbortSignal): BitTrickleError {
  const { reason } = signal
  if (reason instanceof BitTrickleError) return reason
  return new BitTrickleError('ABORTED', 'The hashing of the file was cancelled.', { cause: reason })
}

const unreadable = (message: string, cause?: unknown): BitTrickleError =>
  new BitTrickleError('FILE_UNREADABLE', message, { cause })

const changed = (name: string, cause?: unknown): BitTrickleError =>
  new BitTrickleError(
    'FILE_CHANGED',
    `${name} changed while it was read. Try again when it is written whole.`,
    {
      retryable: true,
      cause,
    },
  )

function toFileError(name: string, error: unknown, wasOpen: boolean): unknown {
  const code = systemErrorCode(error)
  if (code === undefined) return error
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return unreadable(`${name} cannot be read (${code}).`, error)
  // Removed, or its folder renamed, after it was opened.
  return wasOpen
    ? changed(name, error)
    : new BitTrickleError('NOT_FOUND', `${name} does not exist.`, { cause: error })
}
