import { lstat } from 'node:fs/promises'
import type { Clock } from '../../clock.js'
import { ContentLayout } from '../../content/content-layout.js'
import { hashFile } from '../../content/hash-file.js'
import type { WriteThread } from '../../content/write-thread.js'
import { BitTrickleError } from '../../errors.js'
import { quote } from '../../wire/names.js'
import type { SourceRecord } from '../../wire/records.js'
import type { RateLimit } from '../rate-limit.js'
import { downloadContent } from './content-download.js'
import { ContentPart } from './content-part.js'
import type { ContentSink } from './content-sink.js'
import type { DownloadControl } from './download.js'
import { OnePiece } from './one-piece.js'
import type { SourceChannels } from './source-channels.js'
import type { Target } from './target.js'

/** Where a content can be fetched, as the index vouches for it. */
export interface SealedLocation {
  readonly sources: readonly SourceRecord[]
  readonly root: string
  readonly size: number
  readonly ticket: string
  /** How many contents the index has chosen from; absent: no other. */
  readonly contents?: number
}

/** What {@link fetchSealed} needs. */
export interface SealedFetch {
  readonly name: string
  readonly target: Target
  readonly overwrite: boolean
  readonly location: SealedLocation
  readonly hadSource?: boolean
  readonly locate: (root: string, signal: AbortSignal) => Promise<SealedLocation>
  readonly channels: SourceChannels
  readonly thread: WriteThread
  readonly rate: RateLimit
  readonly clock: Clock
  /** A number from 0 up to but not 1. @defaultValue Math.random */
  readonly random?: () => number
  readonly control: DownloadControl
  readonly onWarning: (message: string, cause?: unknown) => void
}

/**
 * Fetches a content from all its sources, verified. What has arrived is kept when it is cut short.
 * @returns the size of the file
 */
export async function fetchSealed(fetch: SealedFetch): Promise<number> {
  const { target, overwrite, location, locate, channels, thread, clock, control } = fetch
  const { root, size } = location
  const layout = new ContentLayout(size)
  const found = await look(target, root, size, control.signal)
  if (found === 'same') {
    // It may have been killed behind its last step. The file is there, whatever becomes of that.
    await ContentPart.clear(target).catch(() => {})
    return size
  }
  if (found === 'other' && !overwrite) throw targetExists(target)
  const fetchInto = async (sink: ContentSink): Promise<void> => {
    await downloadContent({
      random: Math.random,
      ...fetch,
      root,
      layout,
      sink,
      locate: (signal) => locate(root, signal),
      connect: (source) => channels.get(source),
    })
    control.signal.throwIfAborted()
  }
  if (layout.pieceCount <= 1) {
    const piece = new OnePiece(layout)
    await fetchInto(piece)
    await piece.finish(target, overwrite)
    return size
  }
  thread.start()
  const part = await ContentPart.open({ target, overwrite, root, layout, clock, thread })
  try {
    await fetchInto(part)
  } catch (error) {
    await part.suspend()
    throw error
  }
  await part.finish()
  return size
}

// The right bytes under the final name: there is nothing to do. Others must not be overwritten unless that was said.
async function look(
  target: Target,
  root: string,
  size: number,
  signal: AbortSignal,
): Promise<'same' | 'other' | 'nothing'> {
  const found = await lstat(target.path).catch(() => undefined)
  if (found === undefined) return 'nothing'
  if (!found.isFile() || found.size !== size) return 'other'
  try {
    const { content } = await hashFile(target.path, { signal })
    return content.root.toString('base64url') === root ? 'same' : 'other'
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof BitTrickleError) return 'other'
    throw error
  }
}

function targetExists({ path }: Target): BitTrickleError {
  return new BitTrickleError(
    'TARGET_EXISTS',
    `${quote(path)} exists already and has other bytes; choose another name with "as", or set "overwrite".`,
  )
}
