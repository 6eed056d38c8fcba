import { lstat } from 'node:fs/promises'
import { BitTrickleError } from '../../errors.js'
import { quote } from '../../wire/names.js'
import { type BusyTargets, foldPath } from './busy-targets.js'
import type { PreparedTarget } from './target.js'

/**
 * The files that one folder is written into. Two of its names may be one file here: where capitals do not count, or by
 * a link. Such are written one after the other, and the second does not take the place of the first.
 */
export class FolderTargets {
  readonly #busy: BusyTargets
  readonly #overwrite: boolean
  readonly #taken = new Map<string, string>()

  constructor(busy: BusyTargets, overwrite: boolean) {
    this.#busy = busy
    this.#overwrite = overwrite
  }

  /**
   * Takes a file as soon as nobody else writes to it.
   *
   * @returns what gives it back
   * @throws {@link BitTrickleError} `TARGET_EXISTS` when it is another one of the folder
   */
  take(target: PreparedTarget, signal: AbortSignal): (() => void) | Promise<() => void> {
    const taking = this.#busy.takeInTurn(target, signal)
    // What is there already is not touched unless it may be overwritten.
    return this.#overwrite ? this.#takeOther(taking, target) : taking
  }

  async #takeOther(taking: (() => void) | Promise<() => void>, target: PreparedTarget): Promise<() => void> {
    const release = await taking
    try {
      await this.#assertOther(target)
      return release
    } catch (error) {
      release()
      throw error
    }
  }

  async #assertOther({ path, realPath }: PreparedTarget): Promise<void> {
    const key = foldPath(realPath)
    const former = this.#taken.get(key)
    if (former === undefined) this.#taken.set(key, path)
    else if (await isOneFile(former, path)) {
      const message = `${quote(path)} and ${quote(former)} are one file here; only the first of them was fetched.`
      throw new BitTrickleError('TARGET_EXISTS', message)
    }
  }
}

async function isOneFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all(
    [one, other].map((path) => lstat(path, { bigint: true }).catch(() => undefined)),
  )
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev
}
