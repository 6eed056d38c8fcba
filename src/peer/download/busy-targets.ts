import { join } from 'node:path'
import { BitTrickleError } from '../../errors.js'
import { quote } from '../../wire/names.js'
import { unlessAborted } from '../wait.js'
import type { PreparedTarget } from './target.js'

// What some file system or other takes for nothing: characters that are not seen, and dots and spaces at the end.
const IGNORED = /\p{Default_Ignorable_Code_Point}|[. ]+(?=[/\\]|$)/gu

/**
 * A path as the least exact of all file systems has it: two paths that are one file somewhere have the same. Two that
 * are not one may have it too.
 */
export const foldPath = (path: string): string =>
  path.normalize('NFKD').toUpperCase().toLowerCase().normalize('NFKD').replace(IGNORED, '')

/** Paths that somebody writes to. */
interface Claim {
  readonly paths: readonly string[]
  readonly keys: readonly string[]
  readonly isOver: Promise<void>
  readonly end: () => void
}

/** The files that this process is writing to: two downloads into one would spoil each other. */
export class BusyTargets {
  readonly #claims = new Map<string, Claim>()

  /**
   * Takes a file that nobody else writes to. One whose path differs from theirs in no more than the way of writing may
   * be another one: that is waited for.
   *
   * @returns what gives it back
   * @throws {@link BitTrickleError} `TARGET_BUSY`
   */
  async take(target: PreparedTarget, signal: AbortSignal): Promise<() => void> {
    const claim = claimOf(target)
    const isSame = (other: Claim): boolean => other.paths.some((path) => claim.paths.includes(path))
    if (this.#inTheWay(claim).some(isSame)) throw busy(target.path)
    return this.takeInTurn(target, signal)
  }

  /** Takes a file as soon as nobody else writes to it. */
  async takeInTurn(target: PreparedTarget, signal: AbortSignal): Promise<() => void> {
    const claim = claimOf(target)
    for (;;) {
      const [other] = this.#inTheWay(claim)
      if (other === undefined) return this.#give(claim)
      await unlessAborted(other.isOver, signal)
    }
  }

  /**
   * Takes a folder that nobody else fetches into.
   * @throws {@link BitTrickleError} `TARGET_BUSY`
   */
  takeFolder(path: string): () => void {
    const claim = makeClaim([`${path}/`])
    if (this.#inTheWay(claim).length > 0) throw busy(path)
    return this.#give(claim)
  }

  #inTheWay({ keys }: Claim): Claim[] {
    return keys.flatMap((key) => this.#claims.get(key) ?? [])
  }

  #give(claim: Claim): () => void {
    for (const key of claim.keys) this.#claims.set(key, claim)
    return () => {
      for (const key of claim.keys) this.#claims.delete(key)
      claim.end()
    }
  }
}

// The file of one download may have the name that another one's part has.
function claimOf({ folder, realPath, partName }: PreparedTarget): Claim {
  const realPart = join(folder.realPath, partName)
  return makeClaim([realPath, realPart, `${realPart}.journal`])
}

function makeClaim(paths: readonly string[]): Claim {
  let end: () => void = () => {}
  const isOver = new Promise<void>((resolve) => {
    end = resolve
  })
  return { paths, keys: paths.map(foldPath), isOver, end }
}

function busy(path: string): BitTrickleError {
  return new BitTrickleError('TARGET_BUSY', `${quote(path)} is being downloaded already.`, {
    retryable: true,
  })
}
