import { type FSWatcher, watch } from 'node:fs'
import { join, sep } from 'node:path'
import { systemErrorCode } from '../../../errors.js'

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
 * Hears from the system that something has happened in folders. One watch a folder tells of the files in it too; one a
 * file, or a library that has those, costs 8 KiB each and reads the whole folder again at each change.
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

  /** Watches a folder, and not those in it. */
  add(folder: string): void {
    if (this.#watchers.has(folder)) return
    const { absolute, onChange } = this.#options
    try {
      // Where there is no name, anything in the folder may have changed.
      const watcher = watch(absolute(folder), (_event, name) => {
        onChange(name === null ? folder : join(folder, name))
      })
      this.#watchers.set(folder, watcher)
      watcher.on('error', (error) => {
        watcher.close()
        if (this.#watchers.get(folder) === watcher) this.#watchers.delete(folder)
        this.#fail(folder, error)
        onChange(folder)
      })
    } catch (error) {
      this.#fail(folder, error)
    }
  }

  // One that was removed is no failure: the folder above tells. Windows says EPERM for it.
  #fail(folder: string, error: unknown): void {
    const code = systemErrorCode(error) ?? String(error)
    if (!['ENOENT', 'ENOTDIR', 'EPERM'].includes(code)) this.#options.onFailure(folder, code)
  }

  /** Stops watching a folder and all that are in it: what is at their paths now may be others. */
  remove(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
    for (const [path, watcher] of this.#watchers) {
      if (folder !== '' && !path.startsWith(folder + sep)) continue
      watcher.close()
      this.#watchers.delete(path)
    }
  }

  /** Stops watching anything. */
  close(): void {
    this.remove('')
  }
}
