import { constants, type FileHandle, link, open, rename, rm, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BitTrickleError, systemErrorCode } from '../../errors.js'
import { quote } from '../../wire/names.js'
import { diskError, writeWhole } from './disk.js'
import { FolderSync } from './folder-sync.js'
import type { Target } from './target.js'

// One for all downloads of the process: they mostly go to the same folders.
const folderSync = new FolderSync()

/** The bytes of a download until all have arrived. The final name shows either nothing or the whole file. */
export class PartFile {
  readonly #target: Target
  readonly #overwrite: boolean
  readonly #handle: FileHandle
  #size = 0

  private constructor(target: Target, overwrite: boolean, handle: FileHandle) {
    this.#target = target
    this.#overwrite = overwrite
    this.#handle = handle
  }

  /**
   * Makes the part file.
   * @throws {@link BitTrickleError} `TARGET_EXISTS` when something of that name is there and may not be overwritten,
   * `DISK_ERROR`
   */
  static async create(target: Target, overwrite: boolean): Promise<PartFile> {
    const { O_WRONLY, O_CREAT, O_EXCL, O_TRUNC, O_NOFOLLOW } = constants
    // It may be a file of the user's that happens to be called so: never taken over without being told to.
    const flags = O_WRONLY | O_CREAT | O_NOFOLLOW | (overwrite ? O_TRUNC : O_EXCL)
    try {
      return new PartFile(target, overwrite, await open(target.partPath, flags, 0o666))
    } catch (cause) {
      if (systemErrorCode(cause) === 'EEXIST') {
        throw new BitTrickleError(
          'TARGET_EXISTS',
          `${quote(target.partPath)} is in the way, perhaps left over from a download that was killed; remove it, or set "overwrite".`,
          { cause },
        )
      }
      throw diskError(target.partPath, cause)
    }
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size
  }

  /** Appends bytes. */
  async append(bytes: Uint8Array): Promise<void> {
    try {
      await writeWhole(this.#handle, bytes, this.#size)
    } catch (cause) {
      throw diskError(this.#target.partPath, cause)
    }
    this.#size += bytes.length
  }

  /**
   * Puts the file under its final name, once its bytes are on the disk.
   * @throws {@link BitTrickleError} `TARGET_EXISTS` when something has come there meanwhile, `DISK_ERROR`
   */
  async finish(): Promise<void> {
    try {
      await this.#handle.sync()
      await this.#handle.close()
    } catch (cause) {
      throw diskError(this.#target.partPath, cause)
    }
    await publishPart(this.#target, this.#overwrite)
  }

  /** Removes what has arrived. A classic source cannot send the rest later. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {})
    await rm(this.#target.partPath, { force: true })
  }
}

/**
 * Gives a part file that is on the disk its final name.
 * @throws {@link BitTrickleError} `TARGET_EXISTS` when something has come there meanwhile, `DISK_ERROR`
 */
export async function publishPart({ path, partPath }: Target, overwrite: boolean): Promise<void> {
  try {
    if (overwrite) await rename(partPath, path)
    else await renameToFree(partPath, path)
    await folderSync.sync(dirname(path))
  } catch (cause) {
    throw diskError(path, cause)
  }
}

// rename() replaces what is there; link() does not, even if it came a moment ago.
async function renameToFree(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (cause) {
    const code = systemErrorCode(cause)
    if (code === 'EEXIST') {
      throw new BitTrickleError('TARGET_EXISTS', `${quote(to)} came into being during the download.`, {
        cause,
      })
    }
    // Some file systems have no links.
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'ENOSYS' || code === 'EMLINK')
      return rename(from, to)
    throw cause
  }
  await unlink(from)
}
