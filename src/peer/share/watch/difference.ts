/** A file that is in the folder. */
export interface FolderFile {
  /** Path in the share folder. */
  readonly file: string
  /** What it is to be published as. */
  readonly name: string
  /** A text that changes when the file does; the empty text where nobody needs to know. */
  readonly stamp: string
}

/** What is published under a name. */
export interface PublishedFile {
  /** Path in the share folder. */
  readonly file: string
  /** The stamp of the file that was published; undefined when that is not known to be what is published. */
  readonly stamp: string | undefined
  /** Whether the folder was looked at where this file is, so that it would have been found if it were there. */
  readonly isInView: boolean
}

/** What is there, and what should be there. */
export interface FolderState {
  readonly files: readonly FolderFile[]
  /** All that was published of what is in view, and whatever has the name of a file that was found. */
  readonly published: ReadonlyMap<string, PublishedFile>
  /**
   * Whether it could not be found out if this file is there. What is published of it stays so.
   * @defaultValue of every file it was found out
   */
  readonly isUnclear?: (file: string) => boolean
  /**
   * Whether a file is finished. One that is only moved always is.
   * @defaultValue every file is
   */
  readonly isSettled?: (file: FolderFile) => boolean
}

/** A file that is to be published. */
export interface FileToPublish extends FolderFile {
  /** The name that it was published under before it was moved. */
  readonly movedFrom?: string
}

/** What must be done to make the publications equal to the folder. */
export interface Difference {
  readonly publish: readonly FileToPublish[]
  /** Names. */
  readonly unpublish: readonly string[]
  /** Files that somebody still writes to. */
  readonly waiting: readonly FolderFile[]
  /** Files whose name another one has. */
  readonly rivals: readonly { readonly file: FolderFile; readonly owner: string }[]
}

/** Compares a folder with what is published of it. */
export function difference(state: FolderState): Difference {
  const { published, isUnclear = () => false, isSettled = () => true } = state
  const { owners, rivals } = giveNames(state)
  const unpublish: string[] = []
  const movable = new Map<string, string>()
  for (const [name, { file, stamp, isInView }] of published) {
    if (!isInView || owners.has(name) || isUnclear(file)) continue
    unpublish.push(name)
    if (stamp !== undefined && stamp !== '') movable.set(stamp, name)
  }
  const publish: FileToPublish[] = []
  const waiting: FolderFile[] = []
  for (const file of owners.values()) {
    const before = published.get(file.name)
    if (before !== undefined && before.file === file.file && before.stamp === file.stamp) continue
    const movedFrom = movable.get(file.stamp)
    if (movedFrom !== undefined) publish.push({ ...file, movedFrom })
    else if (isSettled(file)) publish.push(file)
    else waiting.push(file)
  }
  return { publish, unpublish, waiting, rivals }
}

// The one that has a name keeps it, as long as it is there: two files must not take it from each other in turns.
function giveNames({ files, published, isUnclear = () => false }: FolderState): {
  owners: Map<string, FolderFile>
  rivals: { file: FolderFile; owner: string }[]
} {
  const found = new Map(files.map(({ file, name }) => [file, name]))
  const owners = new Map<string, FolderFile>()
  const rivals: { file: FolderFile; owner: string }[] = []
  for (const file of files) {
    const holder = published.get(file.name)
    const isHeld =
      holder !== undefined &&
      (!holder.isInView || found.get(holder.file) === file.name || isUnclear(holder.file))
    const owner = isHeld ? holder.file : (owners.get(file.name)?.file ?? file.file)
    if (owner === file.file) owners.set(file.name, file)
    else rivals.push({ file, owner })
  }
  return { owners, rivals }
}
