import { readdir } from 'node:fs/promises'
import type { Clock, Timer } from '../../clock.js'
import { ContentLayout } from '../../content/content-layout.js'
import { assertName } from '../../wire/names.js'
import type { SourceRecord } from '../../wire/records.js'
import { unlessAborted } from '../wait.js'
import type { DownloadControl } from './download.js'
import { type FilePlacer, ROOM_BYTES } from './file-placer.js'
import type { SealedLocation } from './sealed-download.js'
import { SmallRequest } from './small-request.js'
import type { SourceChannel } from './source-channel.js'
import type { SourceChannels } from './source-channels.js'
import { type PreparedTarget, prepareFolder, type TargetFolder, targetIn } from './target.js'

/** What {@link SmallFiles} need. */
export interface SmallFilesOptions {
  /** Absolute path of the download folder. */
  readonly folder: string
  readonly placer: FilePlacer
  readonly channels: Pick<SourceChannels, 'get'>
  readonly clock: Clock
  readonly signal: AbortSignal
}

interface KnownFolder extends TargetFolder {
  /** What was in it when it was looked at. */
  readonly names: ReadonlySet<string>
}

// A list of names goes through one folder after the other.
const MAX_FOLDERS = 64
// How often is looked for requests that nothing comes of.
const LOOK_MS = 1_000
// So long, other files are not asked of a source that left one of them to the general way.
const AVOID_MS = 30_000
const MAX_AVOIDED = 1_024

/**
 * The short way for the small files of a folder, of which a file would otherwise cost less than what is done about it:
 * one request to one source, one answer, and what is right goes to its place together with others. Whatever is out of the
 * ordinary is left to the general way, which begins anew with that file: so all faults end as they do there.
 */
export class SmallFiles {
  readonly #options: SmallFilesOptions
  readonly #folders = new Map<string, KnownFolder | undefined | Promise<KnownFolder | undefined>>()
  readonly #requests = new Set<SmallRequest>()
  /** Fingerprints of sources, each until when. */
  readonly #avoided = new Map<string, number>()
  #timer: Timer | undefined

  constructor(options: SmallFilesOptions) {
    this.#options = options
    options.signal.addEventListener('abort', this.#onAbort)
  }

  /**
   * Finds out where a file goes, and makes the folders in between.
   *
   * @param name - relative to the download folder
   * @returns undefined when something stands in its place, or it cannot be told
   * @throws BitTrickleError `INVALID_NAME`
   */
  prepare(name: string): PreparedTarget | undefined | Promise<PreparedTarget | undefined> {
    assertName(name)
    const end = name.lastIndexOf('/') + 1
    const folder = this.#look(name.slice(0, end), name)
    return folder instanceof Promise
      ? folder.then((found) => freeIn(found, name.slice(end)))
      : freeIn(folder, name.slice(end))
  }

  /**
   * Fetches a file.
   *
   * @returns `there` when it is; else it is to be fetched in the general way, `begun` when a source had begun
   * @throws BitTrickleError `DISK_ERROR`, or the reason of the signal
   */
  async fetch(
    location: SealedLocation,
    target: PreparedTarget,
    control: DownloadControl,
  ): Promise<'there' | 'begun' | 'left'> {
    const { placer, clock, signal } = this.#options
    const { root, size, ticket } = location
    if (size === 0 || size > ROOM_BYTES) return 'left'
    if (control.isPaused()) await unlessAborted(control.whenRunning(), signal)
    signal.throwIfAborted()
    const source = this.#choose(location.sources)
    const room = source === undefined ? undefined : placer.take(size)
    if (source === undefined || room === undefined) return 'left'
    const request = new SmallRequest({
      source,
      root,
      layout: new ContentLayout(size),
      ticket,
      room,
      control,
      clock,
      connect: this.#connect,
    })
    this.#requests.add(request)
    this.#timer ??= clock.setTimeout(() => this.#tick(), LOOK_MS)
    try {
      const outcome = await request.done
      const placed = outcome === 'whole' ? await room.place(target, root) : undefined
      if (placed === 'placed') return 'there'
      if (placed === 'wrong' || outcome === 'lost') this.#avoid(source)
      return request.hasBegun ? 'begun' : 'left'
    } finally {
      this.#requests.delete(request)
      room.release()
    }
  }

  /** Ends it: nothing may be being fetched any more. */
  close(): void {
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#timer?.cancel()
  }

  readonly #onAbort = (): void => {
    for (const request of this.#requests) request.fail(this.#options.signal.reason)
  }

  /** @returns a promise while it is looked at for the first time */
  #look(parents: string, name: string): KnownFolder | undefined | Promise<KnownFolder | undefined> {
    if (this.#folders.has(parents)) return this.#folders.get(parents)
    const looking = look(this.#options.folder, name).then((found) => {
      if (this.#folders.get(parents) === looking) this.#folders.set(parents, found)
      return found
    })
    this.#folders.set(parents, looking)
    for (const oldest of this.#folders.keys()) {
      if (this.#folders.size <= MAX_FOLDERS) break
      this.#folders.delete(oldest)
    }
    return looking
  }

  // They come in random order.
  #choose(sources: readonly SourceRecord[]): SourceRecord | undefined {
    if (this.#avoided.size === 0) return sources[0]
    const now = this.#options.clock.monotonic()
    return sources.find(({ fingerprint = '' }) => (this.#avoided.get(fingerprint) ?? now) <= now)
  }

  #avoid({ fingerprint = '' }: SourceRecord): void {
    if (this.#avoided.size >= MAX_AVOIDED) this.#avoided.clear()
    this.#avoided.set(fingerprint, this.#options.clock.monotonic() + AVOID_MS)
  }

  readonly #connect = (source: SourceRecord): Promise<SourceChannel> => this.#options.channels.get(source)

  #tick(): void {
    for (const request of this.#requests) request.tick()
    this.#timer =
      this.#requests.size === 0 ? undefined : this.#options.clock.setTimeout(() => this.#tick(), LOOK_MS)
  }
}

async function look(folder: string, name: string): Promise<KnownFolder | undefined> {
  try {
    const found = await prepareFolder(folder, name)
    return { ...found, names: new Set(await readdir(found.realPath)) }
  } catch {
    return undefined
  }
}

function freeIn(folder: KnownFolder | undefined, fileName: string): PreparedTarget | undefined {
  if (folder === undefined) return undefined
  const target = targetIn(folder, fileName)
  const isTaken = folder.names.has(target.fileName) || folder.names.has(target.partName)
  return isTaken ? undefined : target
}
