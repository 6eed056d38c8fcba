import type { FileHandle } from 'node:fs/promises'
import { BitTrickleError, systemErrorCode } from '../../errors.js'
import { quote } from '../../wire/names.js'

/** Writes all of it: the system may take a part at a time. */
export async function writeWhole(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const left = bytes.length - written
    const { bytesWritten } = await handle.write(bytes, written, left, position + written)
    written += bytesWritten
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EACCES: 'this program may not write there (EACCES)',
  EPERM: 'this program may not write there (EPERM)',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'the name is too long for the file system',
}

const FULL: readonly string[] = ['ENOSPC', 'EDQUOT']

/** The error for a disk that does not do what it should. */
export function diskError(path: string, cause: unknown): BitTrickleError {
  if (cause instanceof BitTrickleError) return cause
  const code = systemErrorCode(cause) ?? String(cause)
  // Nothing here is opened through a link.
  if (code === 'ELOOP') {
    const message = `${quote(path)} is a link; nothing is written through it. Remove it.`
    return new BitTrickleError('UNSAFE_TARGET', message, { cause })
  }
  return new BitTrickleError('DISK_ERROR', `Cannot write ${quote(path)}: ${REASONS[code] ?? code}.`, {
    cause,
    retryable: FULL.includes(code),
  })
}

/** Whether a download failed for want of room: it is the one failure of a disk that passes. */
export const isDiskFull = ({ code, retryable }: BitTrickleError): boolean =>
  code === 'DISK_ERROR' && retryable
