import type { Socket } from 'node:net'
import { MAX_FILE_REQUEST_BYTES } from '../../classic/file-request.js'
import { decodeText } from '../../classic/text.js'
import type { Clock, Timer } from '../../clock.js'

/** What the reader must know about the names that are published. */
export interface KnownNames {
  /** Whether exactly this is published. */
  has(name: string): boolean
  /** Whether a published name goes on where this text ends. */
  hasLonger(start: string): boolean
}

// The name comes bare, with nothing to tell its end, and TCP may deliver it in parts: when the text so far is no name,
// or may be the beginning of another, so long is waited for the rest.
const GRACE = 250

// Who connects and says nothing goes, so that connections cannot be hoarded.
const SILENCE = 10_000

/**
 * Reads the name that a classic downloader asks for.
 *
 * @returns undefined when the connection ended, was silent for too long, or sent what is no name
 */
export function readFileRequest(
  socket: Socket,
  names: KnownNames,
  clock: Clock,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0)
    let timer: Timer = clock.setTimeout(() => finish(undefined), SILENCE)

    const finish = (name: string | undefined): void => {
      timer.cancel()
      socket.off('data', onData)
      socket.off('end', onEnd)
      socket.off('close', onClose)
      // What else it may send is thrown away, and its end is noticed.
      socket.resume()
      resolve(name)
    }
    const onData = (part: Buffer): void => {
      received = Buffer.concat([received, part])
      const text = decodeText(received)
      timer.cancel()
      if (received.length > MAX_FILE_REQUEST_BYTES) finish(undefined)
      else if (text !== undefined && names.has(text) && !names.hasLonger(text)) finish(text)
      else timer = clock.setTimeout(() => finish(text), GRACE)
    }
    const onEnd = (): void => finish(received.length === 0 ? undefined : decodeText(received))
    const onClose = (): void => finish(undefined)

    socket.on('data', onData)
    socket.on('end', onEnd)
    socket.on('close', onClose)
  })
}
