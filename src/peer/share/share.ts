import type { HashFileOptions } from '../../content/hash-file.js'
import { BitTrickleError } from '../../errors.js'
import type { Audience } from '../../wire/audience.js'
import { assertName, quote } from '../../wire/names.js'
import { eachInFlight } from '../in-flight.js'
import { type FindFilesOptions, type FoundFile, findFiles, LOOKS_AT_ONCE } from './find-files.js'
import { PublishedFiles } from './published-files.js'
import { type OpenFile, ShareFolder } from './share-folder.js'
import { SharedContents } from './shared-contents.js'

/** What {@link Share} needs. */
export interface ShareOptions {
  /** Absolute path of the share folder. */
  readonly folder: string
  /** Where to remember what stands behind the names. */
  readonly memoryPath?: string
  /** Where to remember what the files are. */
  readonly cachePath?: string
  /**
   * Whether the files are hashed; classic does not know what they are.
   * @defaultValue true
   */
  readonly hashes?: boolean
  readonly onWarning: (message: string, cause?: unknown) => void
}

/** What this peer publishes: names, and the files of the share folder behind them. */
export class Share {
  /** Where the files are. */
  readonly folder: ShareFolder
  readonly #files: PublishedFiles
  readonly #onWarning: ShareOptions['onWarning']
  /** Whether the files are hashed. */
  readonly hashes: boolean
  /** What is behind the names. */
  readonly contents: SharedContents
  #loaded: Promise<void> | undefined

  constructor({ folder, memoryPath, cachePath, hashes = true, onWarning }: ShareOptions) {
    this.folder = new ShareFolder(folder)
    this.#files = new PublishedFiles(memoryPath)
    this.#onWarning = onWarning
    this.hashes = hashes
    this.contents = new SharedContents({ folder: this.folder, cachePath, onWarning })
  }

  /**
   * Looks at a file that is to be published.
   * @returns the name, and the path in the folder
   * @throws BitTrickleError `OUTSIDE_SHARE`, `NOT_FOUND`, `FILE_UNREADABLE`, `INVALID_NAME`
   */
  async prepare(path: string, name?: string): Promise<{ name: string; file: string }> {
    if (name !== undefined) assertName(name)
    const file = await this.folder.find(path)
    return { name: name ?? this.folder.nameOf(file), file }
  }

  /** The name that a file or a folder has unless its user chooses another. */
  nameOf(inside: string): string {
    return this.folder.nameOf(inside)
  }

  /**
   * Finds a folder whose files are to be published.
   * @returns the path in the share folder; undefined for what is no folder
   * @throws BitTrickleError `OUTSIDE_SHARE`
   */
  findFolder(path: string): Promise<string | undefined> {
    return this.folder.findFolder(path)
  }

  /** Finds the files in a folder: see {@link findFiles}. */
  findFiles(folder: string, options: FindFilesOptions): Promise<FoundFile[]> {
    return findFiles(this.folder, folder, options)
  }

  /**
   * Serves a file under a name. {@link save} remembers it.
   * @returns what puts back how it was before
   */
  add(name: string, file: string, audience?: Audience): () => void {
    const before = this.#files.get(name)
    this.#files.set(name, { file, audience })
    return () => {
      if (before === undefined) this.remove(name)
      else this.#files.set(name, before)
    }
  }

  /**
   * Finds out what is behind a name, and serves that from now on.
   *
   * @returns undefined where files are not hashed
   * @throws BitTrickleError `FILE_CHANGED` (retryable), `NOT_PUBLISHED`, `NOT_FOUND`, `FILE_UNREADABLE`, `ABORTED`
   */
  async hash(
    name: string,
    options: HashFileOptions = {},
  ): Promise<{ root: string; size: number } | undefined> {
    if (!this.hashes) return undefined
    const file = this.fileOf(name)
    if (file === undefined) throw new BitTrickleError('NOT_PUBLISHED', `${quote(name)} is not published.`)
    const { content, stamp } = await this.contents.hash(file, options)
    this.contents.set(name, file, content, stamp)
    return { root: content.root.toString('base64url'), size: content.size }
  }

  /** Serves a name no longer. {@link save} remembers it. */
  remove(name: string): void {
    this.contents.delete(name)
    this.#files.delete(name)
  }

  /**
   * Remembers for the next run what is published.
   * @throws BitTrickleError `DISK_ERROR`
   */
  save(): Promise<void> {
    return this.#files.save()
  }

  /** Serves names again that the index has kept from an earlier run, where their files are still there. */
  async adopt(names: ReadonlyMap<string, Audience>): Promise<void> {
    this.#loaded ??= this.#load()
    await this.#loaded
    const missing: string[] = []
    await eachInFlight(names, LOOKS_AT_ONCE, async ([name, audience]) => {
      const file = this.fileOf(name) ?? this.folder.pathOf(name)
      try {
        await this.folder.find(file)
        this.#files.set(name, { file, audience })
      } catch {
        missing.push(name)
      }
    })
    await this.save()
    if (missing.length > 0) {
      const shown = missing.sort().slice(0, 3).map(quote).join(', ')
      this.#onWarning(
        `${missing.length} published name(s) have no file in the share folder, such as ${shown}; unpublish them or put the files back.`,
      )
    }
  }

  async #load(): Promise<void> {
    if (!(await this.#files.load()))
      this.#onWarning('What was remembered of earlier publications cannot be read.')
  }

  /** The names that are served. */
  names(): string[] {
    return [...this.#files.names()]
  }

  /** The names that are served, with the paths in the folder that stand behind them. */
  *entries(): IterableIterator<[name: string, file: string]> {
    for (const [name, { file }] of this.#files.entries()) yield [name, file]
  }

  /** Who may see a name that is served. */
  audienceOf(name: string): Audience {
    return this.#files.get(name)?.audience
  }

  /** The path in the folder that stands behind a name. */
  fileOf(name: string): string | undefined {
    return this.#files.get(name)?.file
  }

  /** The absolute path of a path in the folder. */
  absolute(file: string): string {
    return this.folder.absolute(file)
  }

  /** Whether exactly this is published. */
  has(name: string): boolean {
    return this.#files.get(name) !== undefined
  }

  /** Whether a published name goes on where this text ends. */
  hasLonger(start: string): boolean {
    return this.#files.hasLonger(start)
  }

  /**
   * Opens the file behind a published name: nothing else, whatever is asked for.
   * @throws BitTrickleError `NOT_PUBLISHED`, `OUTSIDE_SHARE`, `NOT_FOUND`, `FILE_UNREADABLE`
   */
  async open(name: string): Promise<OpenFile> {
    const file = this.fileOf(name)
    if (file === undefined) throw new BitTrickleError('NOT_PUBLISHED', `${quote(name)} is not published.`)
    return this.folder.open(file)
  }

  /** Waits until what is to be remembered has been written. */
  async close(): Promise<void> {
    await Promise.all([this.#files.close(), this.contents.close()])
  }
}
