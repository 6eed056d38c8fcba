// What publish.js and follow.js agree on: where a version lies, and the list of its files, so that a machine can tell
// whether it has all of them and nothing else.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** @typedef {{ readonly version: string, readonly files: Readonly<Record<string, string>> }} Manifest */

export const MANIFEST = 'builds/latest.json'

// It becomes a folder: nothing in it may lead elsewhere.
const VERSION = /^[a-zA-Z0-9][\w.+-]{0,63}$/

/** @param {string} version */
export function folderOf(version) {
  if (!VERSION.test(version)) throw new Error(`"${version}" is no version`)
  return `builds/${version}/`
}

/**
 * The files of a version with their SHA-256, by path.
 *
 * @param {string} root
 * @param {string} version
 * @returns {Promise<Manifest>}
 */
export async function describe(root, version) {
  const folder = join(root, folderOf(version))
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name))
  /** @type {Record<string, string>} */
  const files = {}
  for (const path of paths.sort()) {
    const hash = createHash('sha256')
    await pipeline(createReadStream(path), hash)
    files[relative(folder, path).split(sep).join('/')] = hash.digest('hex')
  }
  return { version, files }
}
