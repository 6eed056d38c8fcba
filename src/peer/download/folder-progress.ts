import type { TransferProgress } from '../types.js'

/** How far one of the files is. */
export interface FileProgress {
  report(progress: TransferProgress): void
  /** It is there. */
  finish(size: number): void
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
    let transferred = 0
    let size = listedSize
    if (size === undefined) this.#unknown++
    else this.#size += size
    const report = (progress: TransferProgress): void => {
      this.#transferred += progress.transferred - transferred
      transferred = progress.transferred
      // Since it was listed, another content may have come under its name.
      if (progress.size !== undefined) {
        if (size === undefined) this.#unknown--
        this.#size += progress.size - (size ?? 0)
        size = progress.size
      }
      this.#tell()
    }
    return {
      report,
      finish: (finalSize) => {
        this.#done++
        report({ transferred: finalSize, size: finalSize })
      },
    }
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
