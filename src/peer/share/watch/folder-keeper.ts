import { stampText } from '../../../content/file-stamp.js'
import type { BitTrickleError } from '../../../errors.js'
import type { Audience } from '../../../wire/audience.js'
import type { Publication } from '../../types.js'
import { nameBelow, sameName } from '../name-below.js'
import type { Publications } from '../publications.js'
import type { Share } from '../share.js'
import { type Difference, difference, type FolderFile, type PublishedFile } from './difference.js'
import { FolderProof } from './folder-proof.js'
import type { FolderWatches } from './folder-watches.js'
import { isAtOrBelow, look, type View } from './look.js'
import { perform } from './perform.js'
import type { Settling } from './settling.js'

// A file that changed while it was read is not read again at once, however short its time to settle is.
const TRY_AGAIN_MS = 1_000
// Links are looked at with every round, since nothing tells of the files behind them; of more than these, with the whole
// folder only.
const MAX_LINKS = 1_000

/** What {@link FolderKeeper} needs. */
export interface FolderKeeperOptions {
  readonly share: Share
  readonly publications: Publications
  /** The watched folder: path in the share folder. */
  readonly folder: string
  /** How the names of its files begin. */
  readonly prefix: string
  /** Who may see them. */
  readonly audience: Audience
  readonly isIgnored: (path: string) => boolean
  readonly settling: Settling
  /** Hears of changes once `add` has resolved; what is there must be looked at after that. */
  readonly watches: Pick<FolderWatches, 'add' | 'remove' | 'has'>
  readonly signal: AbortSignal
  readonly onPublished: (publication: Publication) => void
  readonly onUnpublished: (name: string) => void
  readonly onSkipped: (path: string, why: BitTrickleError) => void
}

/** What came of a round. */
export interface Round {
  readonly published: readonly Publication[]
  readonly unpublished: readonly string[]
  /** Paths to look at again, and after how many milliseconds. */
  readonly later: ReadonlyMap<string, number>
  /** Why not everything was done: nothing that is wrong with a file. */
  readonly stopped: BitTrickleError | undefined
}

interface Plan {
  readonly plan: Difference
  readonly skipped: ReadonlyMap<string, BitTrickleError>
  readonly later: Map<string, number>
}

/** Brings what is published of a folder in line with what is in it, round by round. */
export class FolderKeeper {
  readonly #options: FolderKeeperOptions
  /** What cannot be published, and why. */
  readonly #skipped = new Map<string, BitTrickleError>()
  readonly #links = new Set<string>()
  readonly #proof: FolderProof

  constructor(options: FolderKeeperOptions) {
    this.#options = options
    this.#proof = new FolderProof(options.share.folder, options.folder)
  }

  /** What cannot be published, and why, by path in the share folder. */
  get skipped(): ReadonlyMap<string, BitTrickleError> {
    return this.#skipped
  }

  /**
   * Looks at some paths, and publishes and unpublishes accordingly.
   *
   * @throws BitTrickleError `NOT_FOUND`, `FILE_UNREADABLE` when the folder itself is not there: then nothing is
   * unpublished; `ABORTED`
   */
  async round(paths: ReadonlySet<string>): Promise<Round> {
    const { folder, prefix, share, watches, isIgnored, signal } = this.#options
    const isWhole = paths.has(folder)
    const places = new Set(paths)
    if (!isWhole && this.#links.size <= MAX_LINKS) for (const link of this.#links) places.add(link)
    // A folder that was removed and made again has another watch than its name had before.
    const wereFolders = [...places].filter((path) => watches.has(path))
    for (const path of wereFolders) await watches.remove(path)
    const onFolder = (path: string): Promise<void> => watches.add(path)
    const view = await look({ share, root: folder, paths: places, isIgnored, onFolder, signal })
    // After the look: what went away with the whole folder has not been removed from it.
    if (!(await this.#proof.isSame())) {
      await watches.remove(folder)
      return this.round(new Set([folder]))
    }
    const { plan, skipped, later } = this.#plan(view, places, wereFolders.length > 0)
    if (isWhole) {
      const isEmpty = view.files.length === 0 && !view.isUnclear(folder)
      this.#proof.prove(isEmpty, plan.unpublish.length, prefix === '' ? './' : prefix)
    }
    this.#remember(view, places, skipped)
    return this.#perform(plan, later)
  }

  #plan(view: View, places: ReadonlySet<string>, hadFolders: boolean): Plan {
    const { share, settling } = this.#options
    const skipped = new Map(view.skipped)
    const later = new Map<string, number>()
    const changedAt = new Map<string, number>()
    const files: FolderFile[] = []
    for (const found of view.files) {
      try {
        const name = this.#nameOf(found.file)
        files.push({ file: found.file, name, stamp: share.hashes ? stampText(found.stamp) : '' })
        changedAt.set(found.file, found.changedAt)
      } catch (error) {
        skipped.set(found.file, error as BitTrickleError)
      }
    }
    const isSettled = ({ file, stamp }: FolderFile): boolean => {
      const left = settling.left(file, stamp, changedAt.get(file) ?? 0)
      if (left > 0) later.set(file, left)
      return left === 0
    }
    const published = this.#publishedAt(places, files, hadFolders || view.folders.length > 0)
    const plan = difference({ files, published, isUnclear: view.isUnclear, isSettled })
    for (const { file, owner } of plan.rivals) skipped.set(file.file, sameName(file.name, owner))
    return { plan, skipped, later }
  }

  #nameOf(file: string): string {
    const { share, folder, prefix } = this.#options
    return nameBelow(share, folder, prefix, file)
  }

  // Only what has the name that the folder gives it: what the app has published under another one is its own business.
  #isOurs(name: string, file: string): boolean {
    try {
      return isAtOrBelow(file, new Set([this.#options.folder])) && this.#nameOf(file) === name
    } catch {
      return false
    }
  }

  #publishedAt(
    places: ReadonlySet<string>,
    files: readonly FolderFile[],
    withFolders: boolean,
  ): Map<string, PublishedFile> {
    const { publications, share, audience } = this.#options
    const published = new Map<string, PublishedFile>()
    const add = (name: string): void => {
      if (published.has(name)) return
      const current = publications.current(name, audience)
      if (current === undefined) return
      const isInView = isAtOrBelow(current.file, places) && this.#isOurs(name, current.file)
      published.set(name, { ...current, isInView })
    }
    for (const { name } of files) add(name)
    if (withFolders) {
      for (const [name, file] of share.entries()) if (isAtOrBelow(file, places)) add(name)
    } else {
      for (const path of places) for (const name of this.#namesOf(path)) add(name)
    }
    return published
  }

  #namesOf(path: string): string[] {
    try {
      return [this.#nameOf(path)]
    } catch {
      return []
    }
  }

  #remember(view: View, places: ReadonlySet<string>, skipped: ReadonlyMap<string, BitTrickleError>): void {
    const there = new Set(view.files.map(({ file }) => file))
    this.#options.settling.retain((file) => there.has(file) || !isAtOrBelow(file, places))
    for (const link of this.#links) if (isAtOrBelow(link, places)) this.#links.delete(link)
    for (const { file, isLink } of view.files) if (isLink) this.#links.add(file)
    const before = new Map(this.#skipped)
    for (const path of before.keys()) if (isAtOrBelow(path, places)) this.#skipped.delete(path)
    for (const [path, why] of skipped) this.#skip(path, why, before.get(path))
  }

  // Each is told once, although it is looked at again and again.
  #skip(path: string, why: BitTrickleError, before?: BitTrickleError): void {
    this.#skipped.set(path, why)
    if (before?.message !== why.message) this.#options.onSkipped(path, why)
  }

  async #perform(plan: Difference, later: Map<string, number>): Promise<Round> {
    const { publications, signal, audience } = this.#options
    const published: Publication[] = []
    const unpublished: string[] = []
    const onPublished = (publication: Publication): void => {
      published.push(publication)
      this.#options.onPublished(publication)
    }
    const onUnpublished = (name: string): void => {
      unpublished.push(name)
      this.#options.onUnpublished(name)
    }
    const { failed, stopped } = await perform(plan, {
      publications,
      signal,
      audience,
      onPublished,
      onUnpublished,
    })
    for (const [file, why] of failed) {
      // It changes, or went away: the next look will tell.
      if (why.code === 'FILE_CHANGED' || why.code === 'NOT_FOUND') later.set(file, TRY_AGAIN_MS)
      else this.#skip(file, why, this.#skipped.get(file))
    }
    for (const file of this.#freedBy(unpublished)) later.set(file, 0)
    return { published, unpublished, stopped, later }
  }

  // Those that could not have a name, since another file had it.
  #freedBy(names: readonly string[]): string[] {
    if (names.length === 0 || this.#skipped.size === 0) return []
    const freed = new Set(names)
    return [...this.#skipped.keys()].filter((file) => this.#namesOf(file).some((name) => freed.has(name)))
  }
}
