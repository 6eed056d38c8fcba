import { BitTrickleError } from '../../../errors.js'
import { quote } from '../../../wire/names.js'
import type { ShareFolder } from '../share-folder.js'

/**
 * Whether a folder is the one whose files are published. A disk that is unmounted, a network drive that is away or a
 * folder that was renamed looks as if all its files had been removed; they must not be taken from the others for that.
 */
export class FolderProof {
  readonly #share: Pick<ShareFolder, 'look'>
  /** Path in the share folder. */
  readonly #folder: string
  #identity: string | undefined
  /** Whether files were seen in this very folder, or none were published of it. */
  #isProven = false

  constructor(share: Pick<ShareFolder, 'look'>, folder: string) {
    this.#share = share
    this.#folder = folder
  }

  /**
   * Whether the folder is the one that was there the last time. When it is another one, that counts from then on.
   * @throws BitTrickleError `NOT_FOUND`, `OUTSIDE_SHARE`, `FILE_UNREADABLE` when there is none
   */
  async isSame(): Promise<boolean> {
    const stats = await this.#share.look(this.#folder).catch((cause: unknown) => {
      throw this.#lost(cause)
    })
    if (!stats.isDirectory()) throw this.#lost(undefined)
    const identity = `${stats.dev}:${stats.ino}`
    const isSame = this.#identity === undefined || this.#identity === identity
    this.#identity = identity
    if (!isSame) this.#isProven = false
    return isSame
  }

  #lost(cause: unknown): BitTrickleError {
    const isKnown = cause instanceof BitTrickleError && cause.code !== 'NOT_FOUND'
    const why = isKnown ? cause.message : 'it is not there any more.'
    const message = `The shared folder ${this.#shown} is lost: ${why} What is published of it stays so.`
    return new BitTrickleError(isKnown ? cause.code : 'NOT_FOUND', message, { cause })
  }

  /**
   * The whole folder was looked through. An empty one is believed only if it was not empty before, or nothing is
   * published of it: the place where a disk is mounted is an empty folder without it.
   *
   * @param published - how many files that are published of it are not there
   * @param name - what to unpublish if it is meant to be empty
   * @throws BitTrickleError `NOT_FOUND`
   */
  prove(isEmpty: boolean, published: number, name: string): void {
    if (isEmpty && published > 0 && !this.#isProven) {
      const message = `The shared folder ${this.#shown} is empty, but ${published} file(s) of it are published. If its disk is not mounted, mount it; if it is meant to be empty, unpublish ${quote(name)} first.`
      throw new BitTrickleError('NOT_FOUND', message)
    }
    this.#isProven = true
  }

  get #shown(): string {
    return quote(this.#folder === '' ? '.' : this.#folder)
  }
}
