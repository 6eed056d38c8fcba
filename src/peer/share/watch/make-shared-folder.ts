import { relative } from 'node:path'
import { quote } from '../../../wire/names.js'
import { FolderKeeper } from './folder-keeper.js'
import { FolderWatches } from './folder-watches.js'
import type { ResolvedSharedFolderOptions } from './options.js'
import { Settling } from './settling.js'
import { SharedFolder } from './shared-folder.js'
import type { Place, SharedFoldersOptions } from './shared-folders.js'

// Who makes a shared folder makes this before, and both are loaded in one go.
export { makeIgnoreRule } from './ignore-rules.js'

/** What a shared folder is made with. */
export type SharedFolderRules = Pick<
  ResolvedSharedFolderOptions,
  'audience' | 'stableFor' | 'rescanEvery' | 'watch'
> & {
  /** Of paths in the folder. */
  readonly isIgnored: (path: string) => boolean
}

/** Puts a shared folder together. It is not started yet. */
export function makeSharedFolder(
  { folder, prefix }: Place,
  { audience, stableFor, rescanEvery, watch, isIgnored: isIgnoredInside }: SharedFolderRules,
  { share, publications, connection, onWarning, options }: SharedFoldersOptions,
): SharedFolder {
  const absolute = (path: string): string => share.absolute(path)
  const stateDir = options.stateDir && relative(options.shareDir, options.stateDir)
  // Whoever has the keys of this peer can speak for it.
  const isIgnored = (path: string): boolean => {
    if (path === folder) return false
    return path === stateDir || isIgnoredInside(folder === '' ? path : path.slice(folder.length + 1))
  }
  return new SharedFolder({
    name: prefix === '' ? './' : prefix,
    path: absolute(folder),
    folder,
    clock: options.clock,
    stableFor,
    rescanEvery,
    isOnline: connection.state === 'online',
    absolute,
    onWarning,
    makeKeeper: ({ onChange, ...told }) => {
      let hasWarned = false
      const watches = new FolderWatches({
        absolute,
        onChange: (path) => {
          if (!isIgnored(path)) onChange(path)
        },
        onFailure: (path, code) => {
          // The next ones have the same reason.
          if (!hasWarned) onWarning(watchFailure(path, code))
          hasWarned = true
        },
      })
      const settling = new Settling(options.clock, stableFor)
      return {
        keeper: new FolderKeeper({
          ...told,
          share,
          publications,
          folder,
          prefix,
          audience,
          isIgnored,
          settling,
          watches: watch ? watches : UNWATCHED,
        }),
        stopWatching: () => watches.close(),
      }
    },
  })
}

/** Where the system is not asked. That a folder was one is not known then; it is looked at whole each time anyway. */
const UNWATCHED = { add: async () => {}, remove: async () => {}, has: () => false }

function watchFailure(path: string, code: string): string {
  const hint =
    code === 'ENOSPC' || code === 'EMFILE'
      ? 'allow more watches (on Linux: sysctl fs.inotify.max_user_watches and max_user_instances)'
      : 'see whether it can be read'
  return `The system does not tell what changes in the folder ${quote(path)} (${code}), and perhaps in others: ${hint}, or share it with watch: false. Until then changes there are seen by rescans alone.`
}
