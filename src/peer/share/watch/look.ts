import { dirname } from 'node:path'
import { type BitTrickleError, systemErrorCode } from '../../../errors.js'
import { eachInFlight } from '../../in-flight.js'
import { type FoundFile, LOOKS_AT_ONCE, toFoundFile } from '../find-files.js'
import type { Share } from '../share.js'

/** How to look. */
export interface LookOptions {
  readonly share: Pick<Share, 'folder' | 'findFiles'>
  /** The watched folder, which may itself be a link. */
  readonly root: string
  /** Paths in the share folder: of files, or of folders with all that is in them. */
  readonly paths: Iterable<string>
  readonly isIgnored: (path: string) => boolean
  /** A folder stands at this path, and is going to be read. */
  readonly onFolder: (path: string) => Promise<void>
  readonly signal: AbortSignal
}

/** What was seen. */
export interface View {
  /** Sorted by path. */
  readonly files: readonly FoundFile[]
  /** Of the paths that were looked at, those where a folder stands. */
  readonly folders: readonly string[]
  /** What cannot be published, and why. */
  readonly skipped: ReadonlyMap<string, BitTrickleError>
  /** Whether the disk could not say if something is there. */
  isUnclear(path: string): boolean
}

/**
 * Looks at what stands at some paths now.
 * @throws BitTrickleError `ABORTED`
 */
export async function look({ share, root, paths, isIgnored, onFolder, signal }: LookOptions): Promise<View> {
  const files = new Map<string, FoundFile>()
  const folders: string[] = []
  const skipped = new Map<string, BitTrickleError>()
  const unclear = new Set<string>()
  const onSkipped = (path: string, why: BitTrickleError): void => {
    if (isAbsent(path, why)) return
    skipped.set(path, why)
    if (isUnclear(why)) unclear.add(path)
  }
  await eachInFlight(outermost(new Set(paths)), LOOKS_AT_ONCE, async (path) => {
    signal.throwIfAborted()
    if (isIgnored(path)) return
    try {
      const here = await (path === root ? share.folder.look(path) : share.folder.lookAtOnly(path))
      const isLink = here.isSymbolicLink()
      const stats = isLink ? await share.folder.look(path) : here
      if (isLink || !stats.isDirectory()) {
        files.set(path, toFoundFile(path, stats, isLink))
        return
      }
      folders.push(path)
      for (const found of await share.findFiles(path, { onSkipped, signal, isIgnored, onFolder }))
        files.set(found.file, found)
    } catch (error) {
      if (signal.aborted) throw error
      onSkipped(path, error as BitTrickleError)
    }
  })
  return {
    files: [...files.values()].sort((a, b) => (a.file < b.file ? -1 : 1)),
    folders,
    skipped,
    isUnclear: (path) => unclear.size > 0 && isAtOrBelow(path, unclear),
  }
}

/** Whether a path is one of those, or inside one of them. */
export function isAtOrBelow(path: string, places: ReadonlySet<string>): boolean {
  for (let at = path; ; at = parentOf(at)) {
    if (places.has(at)) return true
    if (at === '') return false
  }
}

function parentOf(path: string): string {
  const parent = dirname(path)
  return parent === '.' ? '' : parent
}

// What is inside another one of them is looked at with that one, if it is a folder; if it is not, there is nothing.
function outermost(paths: ReadonlySet<string>): string[] {
  return [...paths].filter((path) => path === '' || !isAtOrBelow(parentOf(path), paths))
}

// Something that is gone again, or a link that leads nowhere, is nothing to talk about; but a name that is not UTF-8
// cannot be found by the text that it was turned into.
const isAbsent = (path: string, { code }: BitTrickleError): boolean =>
  code === 'NOT_FOUND' && !path.includes('\ufffd')

// Where a disk fails, or a right is missing, the system gives the reason; what is no regular file is known to be none.
const isUnclear = ({ code, cause }: BitTrickleError): boolean =>
  code === 'FILE_UNREADABLE' && systemErrorCode(cause) !== undefined
