import { readdir } from 'node:fs/promises'
import { relative, sep } from 'node:path'
import type { Peer } from '../index.js'
import { withFolders } from './completion.js'
import { findShellWord } from './words/index.js'

// Tab looks through the share folder: so many files at the most, since nobody reads more.
const MAX_CANDIDATES = 2000

/** What Tab offers behind a word of the shell. */
export async function candidatesFor(
  command: string,
  {
    peer,
    found,
    shareDir,
  }: { readonly peer: Peer; readonly found: readonly string[]; readonly shareDir: string },
): Promise<readonly string[]> {
  switch (findShellWord(command)?.offers) {
    case 'found':
      return withFolders(found)
    case 'published':
      return withFolders((await peer.published()).map(({ name }) => name))
    case 'files':
      return inShare(shareDir, true)
    case 'folders':
      return inShare(shareDir, false)
    default:
      return []
  }
}

async function inShare(shareDir: string, withFiles: boolean): Promise<string[]> {
  const entries = await readdir(shareDir, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory() || (entry.isFile() && withFiles))
    .slice(0, MAX_CANDIDATES)
    .map((entry) => {
      const path = relative(shareDir, `${entry.parentPath}${sep}${entry.name}`)
      return entry.isDirectory() ? `${path}${sep}` : path
    })
}
