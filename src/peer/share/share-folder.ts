import {
  type BigIntStats,
  closeSync,
  type Dirent,
  fstatSync,
  openSync,
  readSync,
  realpathSync,
} from 'node:fs'
import { constants, type FileHandle, lstat, open, readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { BitTrickleError, systemErrorCode } from '../../errors.js'
import { assertName, quote } from '../../wire/names.js'

/** A file of the share folder that is open for reading. */
export interface OpenFile {
  readonly handle: FileHandle
  /** Bytes at the moment of opening. */
  readonly size: number
}

/** The folder out of which files are published. Nothing outside of it is ever read. */
export class ShareFolder {
  readonly #root: string
  // What the folders of this turn of the event loop really are: of many files, most are in a few.
  readonly #realFolders = new Map<string, string>()

  /** @param root - absolute path of the folder */
  constructor(root: string) {
    this.#root = root
  }

  /**
   * Finds a file that is to be published.
   *
   * @param path - relative to the folder, or absolute inside it
   * @returns the path relative to the folder, with the separators of this system
   * @throws {@link BitTrickleError} `OUTSIDE_SHARE`, `NOT_FOUND`, `FILE_UNREADABLE`
   */
  async find(path: string): Promise<string> {
    const inside = this.#inside(path)
    const { handle } = await this.open(inside)
    await handle.close()
    return inside
  }

  /**
   * Finds a folder whose files are to be published: one inside, or this one itself.
   *
   * @param path - relative to the folder, or absolute inside it
   * @returns the path relative to the folder, "" for itself; undefined for what is no folder
   * @throws {@link BitTrickleError} `OUTSIDE_SHARE`
   */
  async findFolder(path: string): Promise<string | undefined> {
    const inside = this.#inside(path)
    try {
      return (await this.look(inside)).isDirectory() ? inside : undefined
    } catch (error) {
      if (error instanceof BitTrickleError && error.code === 'OUTSIDE_SHARE') throw error
      return undefined
    }
  }

  #inside(path: string): string {
    const inside = relative(this.#root, resolve(this.#root, path))
    if (leaves(inside)) throw outside(path, this.#root)
    return inside
  }

  /**
   * What stands at a path, behind links that stay inside.
   *
   * @param inside - path relative to the folder
   * @throws {@link BitTrickleError} `OUTSIDE_SHARE`, `NOT_FOUND`, `FILE_UNREADABLE`
   */
  async look(inside: string): Promise<BigIntStats> {
    try {
      return await stat(await this.#realInside(join(this.#root, inside)), { bigint: true })
    } catch (error) {
      throw toError(inside, error)
    }
  }

  /**
   * What stands at a path itself, links as links. It does less work than {@link look}, and checks nothing: whether the
   * file is inside is seen when it is opened.
   *
   * @param inside - path relative to the folder
   * @throws {@link BitTrickleError} `NOT_FOUND`, `FILE_UNREADABLE`
   */
  async lookAtOnly(inside: string): Promise<BigIntStats> {
    try {
      return await lstat(join(this.#root, inside), { bigint: true })
    } catch (error) {
      throw toError(inside, error)
    }
  }

  /**
   * Where a path leads to, behind all links.
   *
   * @param inside - path relative to the folder
   * @throws {@link BitTrickleError} `OUTSIDE_SHARE`, `NOT_FOUND`, `FILE_UNREADABLE`
   */
  async real(inside: string): Promise<string> {
    try {
      return await this.#realInside(join(this.#root, inside))
    } catch (error) {
      throw toError(inside, error)
    }
  }

  /**
   * What is in a folder, links as links.
   *
   * @param inside - path relative to the folder
   * @throws {@link BitTrickleError} `OUTSIDE_SHARE`, `NOT_FOUND`, `FILE_UNREADABLE`
   */
  async list(inside: string): Promise<Dirent[]> {
    try {
      return await readdir(await this.#realInside(join(this.#root, inside)), { withFileTypes: true })
    } catch (error) {
      throw toError(inside, error)
    }
  }

  /** The name that a file has unless its user chooses another: its path in the folder, POSIX-style and NFC. */
  nameOf(inside: string): string {
    const name = inside.split(sep).join('/').normalize('NFC')
    assertName(name)
    return name
  }

  /** The path in the folder that a name stands for unless its user chose another. */
  pathOf(name: string): string {
    return name.split('/').join(sep)
  }

  /** The absolute path of a path in the folder. */
  absolute(inside: string): string {
    return join(this.#root, inside)
  }

  /**
   * Opens a file of the folder. Links are followed only where they lead to a place inside it.
   *
   * @param inside - path relative to the folder
   * @throws {@link BitTrickleError} `OUTSIDE_SHARE`, `NOT_FOUND`, `FILE_UNREADABLE`
   */
  async open(inside: string): Promise<OpenFile> {
    const path = join(this.#root, inside)
    try {
      const real = await this.#realInside(path)
      // What the check saw and what is opened must be one: a link put there in between is not followed, and a pipe
      // does not make us wait.
      const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      try {
        const stats = await handle.stat()
        if (!stats.isFile()) throw unreadable(inside, 'it is not a regular file')
        if ((await this.#realInside(path)) !== real) throw outside(inside, this.#root)
        return { handle, size: stats.size }
      } catch (error) {
        await handle.close()
        throw error
      }
    } catch (error) {
      throw toError(inside, error)
    }
  }

  /**
   * Reads the whole of a small file within this turn of the event loop. What was hashed before is known to be inside the
   * folder; here the folder that holds it is looked at, and a link in its place is not followed.
   *
   * @param inside - path relative to the folder
   * @param isSame - whether the file that was read is the one that was hashed
   * @returns false when it is not, or cannot be read
   */
  readNow(inside: string, target: Buffer, isSame: (found: BigIntStats) => boolean): boolean {
    let file: number | undefined
    try {
      const path = join(this.#realFolderNow(dirname(inside)), basename(inside))
      file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      const bytesRead = readSync(file, target, 0, target.length, 0)
      return bytesRead === target.length && isSame(fstatSync(file, { bigint: true }))
    } catch {
      return false
    } finally {
      if (file !== undefined) closeSync(file)
    }
  }

  #realFolderNow(inside: string): string {
    const known = this.#realFolders.get(inside)
    if (known !== undefined) return known
    const path = join(this.#root, inside)
    const real = realpathSync.native(path)
    if (leaves(relative(realpathSync.native(this.#root), real))) throw outside(path, this.#root)
    if (this.#realFolders.size === 0) setImmediate(() => this.#realFolders.clear())
    this.#realFolders.set(inside, real)
    return real
  }

  async #realInside(path: string): Promise<string> {
    const [root, real] = await Promise.all([realpath(this.#root), realpath(path)])
    if (leaves(relative(root, real))) throw outside(path, this.#root)
    return real
  }
}

// "" is the folder itself, which is not outside but no file either.
const leaves = (path: string): boolean => path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path)

function outside(path: string, root: string): BitTrickleError {
  return new BitTrickleError(
    'OUTSIDE_SHARE',
    `${quote(path)} is not inside the share folder ${quote(root)}; only files in it can be published.`,
  )
}

function unreadable(path: string, why: string, cause?: unknown): BitTrickleError {
  return new BitTrickleError('FILE_UNREADABLE', `Cannot read ${quote(path)}: ${why}.`, { cause })
}

function toError(path: string, error: unknown): BitTrickleError {
  if (error instanceof BitTrickleError) return error
  const code = systemErrorCode(error)
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') {
    return new BitTrickleError('NOT_FOUND', `There is no file ${quote(path)} in the share folder.`, {
      cause: error,
    })
  }
  return unreadable(path, String(code ?? error), error)
}
