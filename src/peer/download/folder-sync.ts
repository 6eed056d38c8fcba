import { constants, open } from 'node:fs/promises'

interface Line {
  last: Promise<void>
  /** Not begun yet: it will see whatever is in the folder now. */
  waiting: Promise<void> | undefined
}

/**
 * Makes the names in folders outlast a loss of power. Of many small files that arrive at once, all that wait while a
 * sync runs share the next one: each would take as long as a file does.
 */
export class FolderSync {
  readonly #sync: (folder: string) => Promise<void>
  readonly #lines = new Map<string, Line>()

  /** @param sync - brings a folder to the disk; replaced in tests */
  constructor(sync: (folder: string) => Promise<void> = syncNow) {
    this.#sync = sync
  }

  /** How many folders there is work for. */
  get size(): number {
    return this.#lines.size
  }

  /** Resolves when what is in the folder now is on the disk. */
  sync(folder: string): Promise<void> {
    const line = this.#lines.get(folder) ?? { last: Promise.resolve(), waiting: undefined }
    this.#lines.set(folder, line)
    if (line.waiting !== undefined) return line.waiting
    const begin = (): Promise<void> => {
      line.waiting = undefined
      return this.#sync(folder)
    }
    const turn = line.last.then(begin, begin)
    line.waiting = turn
    line.last = turn
    const end = (): void => {
      if (line.last === turn) this.#lines.delete(folder)
    }
    turn.then(end, end)
    return turn
  }
}

async function syncNow(folder: string): Promise<void> {
  await using handle = await open(folder, constants.O_RDONLY)
  await handle.sync()
}
