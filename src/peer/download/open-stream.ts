import { BitTrickleError } from '../../errors.js'
import type { ReadStreamOptions } from '../types.js'
import { ContentStream } from './content-stream.js'
import type { DownloaderOptions } from './downloader.js'
import { assertSealed, tellChoice } from './found-content.js'

/** What {@link openStream} needs. */
export type OpenStreamOptions = Pick<
  DownloaderOptions,
  'rate' | 'clock' | 'locate' | 'channels' | 'onWarning'
>

/**
 * Begins to read a content once the stream is read.
 * @throws {@link BitTrickleError} `INVALID_OPTION`, `NOT_SUPPORTED` for classic
 */
export function openStream(
  name: string,
  { start = 0, end = Number.POSITIVE_INFINITY, root, from, signal }: ReadStreamOptions,
  { rate, clock, locate, channels, onWarning }: OpenStreamOptions,
): ContentStream {
  if (channels === undefined) {
    const message =
      'A file of the classic protocol cannot be verified, and so not be read as a stream; get() it.'
    throw new BitTrickleError('NOT_SUPPORTED', message)
  }
  assertRange(start, end)
  return new ContentStream({
    name,
    start,
    end,
    signal,
    clock,
    rate,
    connect: (source) => channels.get(source),
    onWarning,
    locate: async (known = root, ending) => {
      const wanted = {
        ...(from === undefined ? {} : { from }),
        ...(known === undefined ? {} : { root: known }),
      }
      const found = await locate(name, wanted, ending)
      tellChoice(name, found, onWarning)
      return assertSealed(name, found, known)
    },
  })
}

function assertRange(start: number, end: number): void {
  if (!Number.isSafeInteger(start) || start < 0) {
    throw new BitTrickleError('INVALID_OPTION', `start must be a byte, from 0 on; received ${start}.`)
  }
  if (end !== Number.POSITIVE_INFINITY && (!Number.isSafeInteger(end) || end < start)) {
    throw new BitTrickleError('INVALID_OPTION', `end must be a byte, at start or behind it; received ${end}.`)
  }
}
