import { isAbsolute, join, sep } from 'node:path'
import type { FSWatcher } from 'chokidar'
import { systemErrorCode } from '../../../errors.js'
import { loadPart } from '../../../load-part.js'

/** What {@link FolderWatches} need. */
export interface FolderWatchesOptions {
  /** The absolute path of a path in the share folder. */
  readonly absolute: (path: string) => string
  /** Something has happened at a path in the share folder: to a file, or to a folder and all that is in it. */
  readonly onChange: (path: string) => void
  /** A folder cannot be watched: the code of the system. */
  readonly onFailure: (folder: string, code: string) => void
}

/**
 * Hears that something has happened in folders. Each folder has a chokidar of its own, which leaves out all that is in
 * it: the watch of a folder tells of its files too, and one a file would be as many as there are files. So what counts
 * is its `raw` event. One chokidar over many folders would be less to write, but follows a folder that another has taken
 * the place of, and loses files that come into a new folder while it begins to watch that.
 */
export class FolderWatches {
  readonly #options: FolderWatchesOptions
  readonly #watchers = new Map<string, FSWatcher>()

  constructor(options: FolderWatchesOptions) {
    this.#options = options
  }

  /** Whether a folder is watched: it was a folder when it was looked at last. */
  has(folder: string): boolean {
    return this.#watchers.has(folder)
  }

  /** Watches a folder, and not those in it. Resolves when it does, or cannot. */
  async add(folder: string): Promise<void> {
    const { watch } = await loadPart(() => import('chokidar'))
    if (this.#watchers.has(folder)) return
    const { absolute, onChange, onFailure } = this.#options
    const path = absolute(folder)
    const watcher = watch(path, {
      ignored: (one) => one.length > path.length,
      depth: 0,
      ignoreInitial: true,
      // What an editor does to replace a file is put together by whoever looks.
      atomic: false,
    })
    this.#watchers.set(folder, watcher)
    watcher.on('raw', (_event, name: string | null) => {
      // Where there is no name, as when CHOKIDAR_USEPOLLING is set, anything in the folder may have changed.
      onChange(name === null || isAbsolute(name) ? folder : join(folder, name))
    })
    watcher.on('error', (error) => onFailure(folder, systemErrorCode(error) ?? String(error)))
    await new Promise<void>((resolve) => watcher.once('ready', resolve))
  }

  /** Stops watching a folder and all that are in it: what is at their paths now may be others. */
  async remove(folder: string): Promise<void> {
    const closing: Promise<void>[] = []
    for (const [path, watcher] of this.#watchers) {
      if (folder !== '' && path !== folder && !path.startsWith(folder + sep)) continue
      this.#watchers.delete(path)
      closing.push(watcher.close())
    }
    await Promise.all(closing)
  }

  /** Stops watching anything. */
  close(): Promise<void> {
    return this.remove('')
  }
}
