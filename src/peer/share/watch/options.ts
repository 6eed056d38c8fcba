import { type Audience, toAudience } from '../../../wire/audience.js'
import { invalid, resolveWhole } from '../../options.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** How to share a folder. */
export interface SharedFolderOptions {
  /**
   * The name of the folder that others see, as for `publish`: its files have names that begin so. "./" gives them the
   * names that they have in the folder.
   * @defaultValue the path in the share folder
   */
  readonly name?: string
  /**
   * Glob patterns of what is left out, besides what always is. One without a "/" is about file and folder names at any
   * depth ("*.log"), another about paths from the folder on ("drafts/**"). With a folder goes all that is in it.
   * @defaultValue none
   */
  readonly ignore?: readonly string[]
  /**
   * Whether names that begin with a dot, `*.tmp`, `*.temp`, `*.swp`, `*~` and other things that editors, browsers and
   * systems put beside files are left out. What this peer's own downloads have not finished, and its state folder, always
   * are.
   * @defaultValue true
   */
  readonly ignoreDefaults?: boolean
  /**
   * Milliseconds for which size and time of a file must not have changed before it is published: what is still being
   * written would be offered wrong, and hashed in vain.
   * @defaultValue 2000
   */
  readonly stableFor?: number
  /**
   * Whether the system is asked to tell of changes. It tells of none, or only of those made on this machine, on NFS, SMB,
   * many FUSE file systems and folders that a virtual machine or container shares with its host: set it to false there,
   * and the folder is looked through every so often.
   * @defaultValue true
   */
  readonly watch?: boolean
  /**
   * Milliseconds between two looks through the whole folder, from the end of one to the beginning of the next; from one
   * second to one day.
   * @defaultValue one hour, for what the system failed to tell; 10 seconds where it is not asked
   */
  readonly rescanEvery?: number
  /**
   * Who may see the files, as for `publish`. What of the folder was published to others before is published anew.
   * @defaultValue everybody
   */
  readonly to?: readonly string[]
  /** Gives it up as long as `share()` has not resolved. What is published then stays so. */
  readonly signal?: AbortSignal
}

/** Options that were checked and filled in. */
export interface ResolvedSharedFolderOptions {
  readonly name: string | undefined
  readonly ignore: readonly string[]
  readonly ignoreDefaults: boolean
  readonly stableFor: number
  readonly watch: boolean
  readonly rescanEvery: number
  readonly audience: Audience
  readonly signal: AbortSignal | undefined
}

/**
 * Checks the options and fills in the defaults.
 * @throws BitTrickleError `INVALID_OPTION`, which names the option and the value received
 */
export function resolveSharedFolderOptions(options: SharedFolderOptions): ResolvedSharedFolderOptions {
  if (typeof options !== 'object' || options === null) throw invalid('share options', 'an object', options)
  const { name, signal } = options
  if (name !== undefined && typeof name !== 'string') throw invalid('share.name', 'a text', name)
  const watch = resolveFlag('share.watch', options.watch, true)
  const rescanEvery = options.rescanEvery ?? (watch ? HOUR_MS : 10_000)
  return {
    name,
    ignore: resolvePatterns(options.ignore ?? []),
    ignoreDefaults: resolveFlag('share.ignoreDefaults', options.ignoreDefaults, true),
    stableFor: resolveWhole('share.stableFor', options.stableFor ?? 2_000, 0, HOUR_MS),
    watch,
    rescanEvery: resolveWhole('share.rescanEvery', rescanEvery, 1_000, DAY_MS),
    audience: toAudience(options.to),
    signal,
  }
}

function resolveFlag(option: string, value: boolean | undefined, otherwise: boolean): boolean {
  if (value === undefined) return otherwise
  if (typeof value === 'boolean') return value
  throw invalid(option, 'true or false', value)
}

function resolvePatterns(patterns: readonly string[]): readonly string[] {
  if (!Array.isArray(patterns)) throw invalid('share.ignore', 'an array of glob patterns', patterns)
  for (const pattern of patterns) {
    if (typeof pattern !== 'string' || pattern === '' || pattern === '/')
      throw invalid('share.ignore', 'an array of glob patterns, none of them empty', pattern)
    // One alone would leave out all the rest of the folder, which nobody means who knows .gitignore.
    if (pattern.startsWith('!') && !pattern.startsWith('!('))
      throw invalid('share.ignore', 'an array of glob patterns that do not begin with "!"', pattern)
  }
  return [...patterns]
}
