import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { WordContext } from './word.js'

/**
 * What a path on the command line stands for: one in the share folder, as the peer takes it, or else one in the working
 * folder, which Tab offers in the user's own shell.
 */
export async function findPath(
  { shareDir, cwd }: Pick<WordContext, 'shareDir' | 'cwd'>,
  path: string,
): Promise<string> {
  if (await isThere(resolve(shareDir, path))) return path
  const here = resolve(cwd, path)
  return (await isThere(here)) ? here : path
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
