import { join, sep } from 'node:path'
import { BitTrickleError } from '../../errors.js'
import { quote } from '../../wire/names.js'
import { unlessAborted } from '../wait.js'
import type { PreparedTarget, TargetFolder } from './target.js'

// What some file system or other takes for nothing: characters that are not seen, and dots and spaces at the end.
const IGNORED = /\p{Default_Ignorable_Code_Point}|[. ]+(?=[/\\]|$)/gu

/**
 * A path as the least exact of all file systems has it: two paths that are one file somewhere have the same. Two that
 * are not one may have it too.
 */
export const foldPath = (path: string): string =>
  path.normalize('NFKD').toUpperCase().toLowerCase().normalize('NFKD').replace(IGNORED, '')

/** What somebody writes to. */
class Claim {
  /** What nobody else may take meanwhile. */
  readonly keys: readonly string[]
  #target: PreparedTarget | undefined
  #isOver: Promise<void> | undefined
  #end: () => void = () => {}

  constructor(keys: readonly string[], target?: PreparedTarget) {
    this.keys = keys
    this.#target = target
  }

  /** Resolves when it is free. Seldom does anybody wait. */
  get isOver(): Promise<void> {
    this.#isOver ??= new Promise((resolve) => {
      this.#end = resolve
    })
    return this.#isOver
  }

  end(): void {
    // The table of claims may remember this one for long, see SmallRequest.
    this.#target = undefined
    this.#end()
  }

  /** Whether it writes to what this target writes to, to the letter. */
  meets(target: PreparedTarget): boolean {
    if (this.#target === undefined) return false
    const paths = pathsOf(this.#target)
    return pathsOf(target).some((path) => paths.includes(path))
  }
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
    if (claim.keys.some((key) => this.#claims.get(key)?.meets(target))) throw busy(target.path)
    return this.takeInTurn(target, signal)
  }

  /** Takes a file as soon as nobody else writes to it: now, if that can be. */
  takeInTurn(target: PreparedTarget, signal: AbortSignal): (() => void) | Promise<() => void> {
    const claim = claimOf(target)
    const other = this.#inTheWay(claim)
    return other === undefined ? this.#give(claim) : this.#takeBehind(other, claim, signal)
  }

  async #takeBehind(first: Claim, claim: Claim, signal: AbortSignal): Promise<() => void> {
    for (let other: Claim | undefined = first; other !== undefined; other = this.#inTheWay(claim)) {
      await unlessAborted(other.isOver, signal)
    }
    return this.#give(claim)
  }

  /**
   * Takes a folder that nobody else fetches into.
   * @throws {@link BitTrickleError} `TARGET_BUSY`
   */
  takeFolder(path: string): () => void {
    const claim = new Claim([foldPath(`${path}/`)])
    if (this.#inTheWay(claim) !== undefined) throw busy(path)
    return this.#give(claim)
  }

  #inTheWay({ keys }: Claim): Claim | undefined {
    for (const key of keys) {
      const other = this.#claims.get(key)
      if (other !== undefined) return other
    }
    return undefined
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
function pathsOf({ folder, fileName, partName }: PreparedTarget): string[] {
  return [fileName, partName, `${partName}.journal`].map((name) => join(folder.realPath, name))
}

function claimOf(target: PreparedTarget): Claim {
  const { folder, fileName, partName } = target
  const start = foldedOf(folder)
  const keys = [start + stemOf(fileName)]
  // That of a long name is called otherwise.
  if (!partName.startsWith(fileName)) keys.push(start + stemOf(partName))
  return new Claim(keys, target)
}

const ENDINGS = /(\.part|\.journal)+$/

// A file, its part and its journal have one in common.
function stemOf(name: string): string {
  const folded = foldPath(name)
  const stem = folded.replace(ENDINGS, '')
  return stem === folded ? stem : stemOf(stem)
}

// Nothing of a path changes how what stands on the other side of a separator is folded; and most files of a folder have
// their folder in common.
const folded = new WeakMap<TargetFolder, string>()

function foldedOf(folder: TargetFolder): string {
  let start = folded.get(folder)
  if (start === undefined) {
    start = foldPath(folder.realPath + sep)
    folded.set(folder, start)
  }
  return start
}

function busy(path: string): BitTrickleError {
  return new BitTrickleError('TARGET_BUSY', `${quote(path)} is being downloaded already.`, {
    retryable: true,
  })
}
