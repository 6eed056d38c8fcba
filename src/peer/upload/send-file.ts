import type { FileHandle } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { BitTrickleError } from '../../errors.js'
import type { RateLimit } from '../rate-limit.js'

/** What {@link sendFile} sends, and whom it tells. */
export interface SendFileOptions {
  readonly handle: FileHandle
  /** Bytes to send; a file that turns out shorter has changed. */
  readonly size: number
  readonly rate: RateLimit
  /** Milliseconds after which a receiver that takes nothing is given up. */
  readonly stallTimeout: number
  readonly onProgress: (sent: number) => void
}

/**
 * Sends an open file and ends the connection. Memory is bounded: the next part is read when the last one is on its way.
 *
 * @throws BitTrickleError `SOURCE_LOST` when the receiver is gone or stalls, `FILE_UNREADABLE` when the file shrinks
 */
export async function sendFile(socket: Socket, options: SendFileOptions): Promise<void> {
  const { handle, size, rate, stallTimeout, onProgress } = options
  const failure = watch(socket, stallTimeout)
  const buffer = Buffer.allocUnsafe(rate.partBytes)
  try {
    for (let sent = 0; sent < size; ) {
      await rate.take(Math.min(buffer.length, size - sent))
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - sent), sent)
      if (bytesRead === 0) {
        throw new BitTrickleError(
          'FILE_UNREADABLE',
          `The file shrank from ${size} to ${sent} bytes while it was sent.`,
        )
      }
      await Promise.race([write(socket, buffer.subarray(0, bytesRead)), failure.promise])
      sent += bytesRead
      onProgress(sent)
    }
    await Promise.race([new Promise<void>((resolve) => socket.end(resolve)), failure.promise])
  } finally {
    failure.stop()
  }
}

// The callback comes when the kernel has taken all of it: the buffer may then be filled again.
function write(socket: Socket, part: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(part, (error) => (error ? reject(lost('went away', error)) : resolve()))
  })
}

function watch(socket: Socket, stallTimeout: number): { promise: Promise<never>; stop: () => void } {
  let fail: (error: BitTrickleError) => void = () => {}
  const promise = new Promise<never>((_resolve, reject) => {
    fail = reject
  })
  promise.catch(() => {})
  const onClose = (): void => fail(lost('went away'))
  const onTimeout = (): void => fail(lost(`took nothing for ${stallTimeout / 1000} s`))
  if (socket.destroyed) onClose()
  socket.on('close', onClose)
  socket.on('timeout', onTimeout)
  socket.setTimeout(stallTimeout)
  const stop = (): void => {
    socket.off('close', onClose)
    socket.off('timeout', onTimeout)
    socket.setTimeout(0)
  }
  return { promise, stop }
}

const lost = (what: string, cause?: unknown): BitTrickleError =>
  new BitTrickleError('SOURCE_LOST', `The receiver ${what} before the file was sent.`, { cause })
