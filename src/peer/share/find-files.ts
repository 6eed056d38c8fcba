import type { BigIntStats } from 'node:fs'
import { join } from 'node:path'
import { type FileStamp, stampOf } from '../../content/file-stamp.js'
import { BitTrickleError } from '../../errors.js'
import { quote } from '../../wire/names.js'
import { eachInFlight } from '../in-flight.js'
import type { ShareFolder } from './share-folder.js'

/** Files that are looked at together: to look takes the disk, not this process. */
export const LOOKS_AT_ONCE = 16

/** A file in a folder that is to be published. */
export interface FoundFile {
  /** Path in the share folder. */
  readonly file: string
  /** Bytes. */
  readonly size: number
  readonly stamp: FileStamp
  /** When it was last written to, renamed or given other rights: milliseconds, by the clock of its file system. */
  readonly changedAt: number
  readonly isLink: boolean
}

/** Told of what is passed over, by its path in the share folder. */
export type SkippedListener = (path: string, why: BitTrickleError) => void

/** How to look for files. */
export interface FindFilesOptions {
  /** Told what is passed over. */
  readonly onSkipped: SkippedListener
  /** Gives it up. */
  readonly signal?: AbortSignal | undefined
  /**
   * What is left out without a word, a folder with all that is in it.
   * @defaultValue nothing
   */
  readonly isIgnored?: (path: string) => boolean
  /**
   * Told of each folder before it is read, and waited for: who watches it by then misses nothing.
   * @defaultValue nobody is told
   */
  readonly onFolder?: (path: string) => Promise<void>
}

/**
 * Finds the files in a folder of the share folder and in the folders below it, sorted by their paths. A link to a file
 * inside the share folder is a file; one to a folder is passed over, so that no link leads round in a circle. What our
 * own downloads have not finished is left out.
 *
 * @param start - path in the share folder
 * @throws BitTrickleError as `ShareFolder.list` when the folder itself cannot be read; `ABORTED`
 */
export async function findFiles(
  folder: ShareFolder,
  start: string,
  { onSkipped, signal, isIgnored = () => false, onFolder }: FindFilesOptions,
): Promise<FoundFile[]> {
  const found: FoundFile[] = []
  const folders = [start]
  for (let inside = folders.pop(); inside !== undefined; inside = folders.pop()) {
    if (signal?.aborted)
      throw new BitTrickleError('ABORTED', 'The publishing was given up.', { cause: signal.reason })
    const at = inside
    await onFolder?.(at)
    const entries = await folder.list(at).catch((error) => {
      if (at === start) throw error
      onSkipped(at, error)
      return []
    })
    const names = new Set(entries.map(({ name }) => name))
    await eachInFlight(entries, LOOKS_AT_ONCE, async (entry) => {
      const path = join(at, entry.name)
      if (isIgnored(path)) return
      if (entry.isDirectory()) {
        folders.push(path)
        return
      }
      try {
        if (isUnfinished(entry.name, names)) return
        const isLink = entry.isSymbolicLink()
        found.push(toFoundFile(path, await (isLink ? folder.look(path) : folder.lookAtOnly(path)), isLink))
      } catch (error) {
        onSkipped(path, error as BitTrickleError)
      }
    })
  }
  return found.sort((a, b) => (a.file < b.file ? -1 : 1))
}

/**
 * A file as it was looked at.
 *
 * @param file - path in the share folder
 * @param stats - of what stands there, behind links
 * @throws BitTrickleError `FILE_UNREADABLE` for what is no regular file
 */
export function toFoundFile(file: string, stats: BigIntStats, isLink: boolean): FoundFile {
  if (!stats.isFile()) throw notAFile(file, stats.isDirectory())
  const changedAt = Math.max(Number(stats.ctimeMs), Number(stats.mtimeMs))
  return { file, size: Number(stats.size), stamp: stampOf(stats), changedAt, isLink }
}

/**
 * Whether a file belongs to a download that is not finished.
 * @throws BitTrickleError `FILE_UNREADABLE` for one that may be such a file, or not
 */
function isUnfinished(name: string, siblings: ReadonlySet<string>): boolean {
  if (name.endsWith('.part.journal')) return true
  if (!name.endsWith('.part')) return false
  if (siblings.has(`${name}.journal`)) return true
  // A download by the classic protocol keeps no journal.
  const message = `${quote(name)} may be part of a download that is not finished; if it is not, publish it by itself.`
  throw new BitTrickleError('FILE_UNREADABLE', message)
}

function notAFile(path: string, isFolder: boolean): BitTrickleError {
  const why = isFolder
    ? 'it is a link to a folder; publish that folder by itself'
    : 'it is not a regular file'
  return new BitTrickleError('FILE_UNREADABLE', `Cannot read ${quote(path)}: ${why}.`)
}
