import type { TransferProgress } from '../types.js'

/** How far one of the files is. */
export class FileProgress {
  readonly #folder: FolderProgress
  #transferred = 0
  #size: number | undefined

  /** @param size - that is listed */
  constructor(folder: FolderProgress, size: number | undefined) {
    this.#folder = folder
    this.#size = size
  }

  /** So much of it has come. */
  report({ transferred, size = this.#size }: TransferProgress): void {
    const more = transferred - this.#transferred
    // Since it was listed, another content may have come under its name.
    this.#folder.move(more, this.#size, size)
    this.#transferred = transferred
    this.#size = size
  }

  /** It is there. */
  finish(size: number): void {
    this.#folder.count()
    this.report({ transferred: size, size })
  }
}

/** How far all files of a folder are together. */
export class FolderProgress {
  readonly #report: (progress: TransferProgress) => void
  #transferred = 0
  #size = 0
  /** Files of which nobody has said how large they are. */
  #unknown = 0
  #done = 0
  #listed = 0
  #isListed = false

  constructor(report: (progress: TransferProgress) => void) {
    this.#report = report
  }

  /** How many files are listed so far. */
  get listed(): number {
    return this.#listed
  }

  /** Adds a file that is to be fetched. */
  add(listedSize: number | undefined): FileProgress {
    this.#listed++
    if (listedSize === undefined) this.#unknown++
    else this.#size += listedSize
    return new FileProgress(this, listedSize)
  }

  /** One of the files has got so much further, and is as large as this now. */
  move(bytes: number, sizeBefore: number | undefined, size: number | undefined): void {
    this.#transferred += bytes
    if (size !== undefined) {
      if (sizeBefore === undefined) this.#unknown--
      this.#size += size - (sizeBefore ?? 0)
    }
    this.#tell()
  }

  /** One more of them is there. */
  count(): void {
    this.#done++
  }

  /** The list is complete. */
  complete(): void {
    this.#isListed = true
    this.#tell()
  }

  #tell(): void {
    const isSizeKnown = this.#isListed && this.#unknown === 0
    this.#report({
      transferred: this.#transferred,
      ...(isSizeKnown ? { size: this.#size } : {}),
      files: { done: this.#done, ...(this.#isListed ? { total: this.#listed } : {}) },
    })
  }
}
