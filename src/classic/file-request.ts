import { MAX_NAME_BYTES } from '../wire/limits.js'

/**
 * The classic transfer: the downloader connects and sends the bare name, with nothing behind it; the uploader sends
 * the bytes of the file and ends the connection.
 */
export function encodeFileRequest(name: string): Buffer {
  return Buffer.from(name)
}

/** Longest name that is read from a connection, in bytes. */
export const MAX_FILE_REQUEST_BYTES: number = MAX_NAME_BYTES

/** What the uploader sends in place of the bytes of a file that it does not offer. */
export const FILE_NOT_FOUND: Buffer = Buffer.from('Error: File not found')
