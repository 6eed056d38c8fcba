import { fstatSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { Content } from '../../content/content.js'
import { type FileStamp, isSameStamp, stampOf } from '../../content/file-stamp.js'
import { HashCache } from '../../content/hash-cache.js'
import type { HashProgress } from '../../content/hash-file.js'
import { HashPool } from '../../content/hash-pool.js'
import { BitTrickleError } from '../../errors.js'
import { quote } from '../../wire/names.js'
import type { ContentSource, ServedContent } from '../upload/content-source.js'
import type { ShareFolder } from './share-folder.js'

/** What {@link SharedContents} need. */
export interface SharedContentsOptions {
  readonly folder: ShareFolder
  /** Where hashes are kept from one run to the next; without one, in memory. */
  readonly cachePath: string | undefined
  readonly onWarning: (message: string, cause?: unknown) => void
}

/** A file of the share folder, and what it was when it was hashed. */
interface HashedFile {
  readonly name: string
  readonly file: string
  readonly content: Content
  readonly stamp: FileStamp
}

/** The contents behind the published names: hashed before they are announced, found by their roots. */
export class SharedContents implements ContentSource {
  readonly #folder: ShareFolder
  readonly #pool = new HashPool()
  readonly #cache: HashCache
  readonly #byName = new Map<string, HashedFile>()
  // A content may be published under several names; any of their files will do.
  readonly #byRoot = new Map<string, Set<HashedFile>>()
  #loaded: Promise<void> | undefined

  constructor({ folder, cachePath, onWarning }: SharedContentsOptions) {
    this.#folder = folder
    this.#cache = new HashCache({
      ...(cachePath === undefined ? {} : { path: cachePath }),
      onWarning: (error) => onWarning(error.message, error),
    })
  }

  /**
   * Finds out what a file is; it is read only when it has changed since that was known.
   *
   * @throws BitTrickleError `FILE_CHANGED` (retryable) when it changes meanwhile, as `ShareFolder.open`, `ABORTED`
   */
  async hash(
    file: string,
    options: { readonly signal?: AbortSignal; readonly onProgress?: (progress: HashProgress) => void } = {},
  ): Promise<{ readonly content: Content; readonly stamp: FileStamp }> {
    this.#loaded ??= this.#cache.load()
    await this.#loaded
    const path = this.#folder.absolute(file)
    const { handle } = await this.#folder.open(file)
    try {
      const stamp = await stampOfOpen(handle)
      const known = this.#cache.get(path, stamp)
      if (known !== undefined) return { content: known, stamp }
      const hashed = await this.#pool.hash(handle, options)
      this.#cache.set(path, hashed.stamp, hashed.content)
      return hashed
    } finally {
      await handle.close()
    }
  }

  /** Serves a content under a name, in place of what was served under it before. */
  set(name: string, file: string, content: Content, stamp: FileStamp): void {
    this.delete(name)
    const hashed = { name, file, content, stamp }
    const key = content.root.toString('base64url')
    const same = this.#byRoot.get(key) ?? new Set()
    this.#byName.set(name, hashed)
    this.#byRoot.set(key, same.add(hashed))
  }

  /** Serves nothing under a name any more. */
  delete(name: string): void {
    const hashed = this.#byName.get(name)
    if (hashed === undefined) return
    this.#byName.delete(name)
    const key = hashed.content.root.toString('base64url')
    const same = this.#byRoot.get(key)
    same?.delete(hashed)
    if (same?.size === 0) this.#byRoot.delete(key)
  }

  /** What is served under a name. */
  get(name: string): Content | undefined {
    return this.#byName.get(name)?.content
  }

  /** What the file behind a name was when it was hashed. */
  stampOf(name: string): FileStamp | undefined {
    return this.#byName.get(name)?.stamp
  }

  /** A file was moved: what is known of it under its name is known of it at its new place. */
  followMove(name: string, file: string): void {
    const hashed = this.#byName.get(name)
    if (hashed !== undefined) this.#cache.set(this.#folder.absolute(file), hashed.stamp, hashed.content)
  }

  find(root: Buffer): ServedContent | undefined {
    const [hashed] = this.#byRoot.get(root.toString('base64url')) ?? []
    if (hashed === undefined) return undefined
    const { name, file, content, stamp } = hashed
    return {
      name,
      content,
      open: async () => {
        const { handle } = await this.#folder.open(file)
        if (isSameStamp(await stampOfOpen(handle), stamp)) return handle
        await handle.close()
        throw new BitTrickleError('FILE_CHANGED', `${quote(name)} is no longer what was published.`)
      },
      readNow: (target) => this.#folder.readNow(file, target, (found) => isSameStamp(stampOf(found), stamp)),
      // What the system knows of an open file: to ask a thread for it would take ten times as long.
      isUnchanged: ({ fd }) => isSameStamp(stampOf(fstatSync(fd, { bigint: true })), stamp),
    }
  }

  /** Ends what is being hashed, and writes down what is known. */
  async close(): Promise<void> {
    await this.#pool.close()
    await this.#cache.close()
  }
}

async function stampOfOpen(handle: FileHandle): Promise<FileStamp> {
  return stampOf(await handle.stat({ bigint: true }))
}
