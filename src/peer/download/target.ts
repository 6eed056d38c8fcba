import { createHash } from 'node:crypto'
import { lstat, mkdir, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import { BitTrickleError, systemErrorCode } from '../../errors.js'
import { assertName, quote } from '../../wire/names.js'
import { diskError } from './disk.js'

/** Where a download goes. */
export interface Target {
  /** The final path, absolute. */
  readonly path: string
  /** Where the bytes are until all have arrived. */
  readonly partPath: string
}

/** A target whose folder is there. */
export interface PreparedTarget extends Target {
  /** The final path without links in it: two targets are one file when theirs is. */
  readonly realPath: string
}

/**
 * Finds where a name goes in the download folder, and makes the folders in between. Whatever the name is and whatever
 * links lie in the way, the result is inside the folder.
 *
 * @param folder - absolute path of the download folder
 * @param name - a name as publications have it
 * @throws {@link BitTrickleError} `INVALID_NAME`, `UNSAFE_TARGET`, `TARGET_EXISTS` unless `overwrite`, `DISK_ERROR`
 */
export async function prepareTarget(
  folder: string,
  name: string,
  overwrite: boolean,
): Promise<PreparedTarget> {
  const target = targetIn(folder, name)
  const { path } = target
  try {
    const realFolder = await prepareFolder(folder, name)
    await assertFree(path, overwrite)
    return { ...target, realPath: join(realFolder, basename(path)) }
  } catch (cause) {
    if (cause instanceof BitTrickleError) throw cause
    throw diskError(path, cause)
  }
}

/**
 * Where a name goes in the download folder, before anything is looked at.
 * @throws {@link BitTrickleError} `INVALID_NAME`
 */
export function targetIn(folder: string, name: string): Target {
  assertName(name)
  const path = join(folder, ...name.split('/'))
  return { path, partPath: partPathOf(path) }
}

/**
 * Makes the folders between the download folder and a file.
 *
 * @returns the path of the last without links in it, which is inside the download folder
 * @throws {@link BitTrickleError} `UNSAFE_TARGET`; a system error
 */
export async function prepareFolder(folder: string, name: string): Promise<string> {
  const parents = name.split('/').slice(0, -1)
  return (await realIfThere(folder, join(folder, ...parents))) ?? makeParents(folder, parents)
}

// Of many files in one folder, all but the first find it there.
async function realIfThere(folder: string, path: string): Promise<string | undefined> {
  try {
    return await realInside(folder, path)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

// What stands behind a name while it arrives must fit into a name too, with the ending of the longest.
const MAX_FILE_NAME_BYTES = 255
const LONGEST_ENDING = '.part.journal'

function partPathOf(path: string): string {
  const name = basename(path)
  const room = MAX_FILE_NAME_BYTES - LONGEST_ENDING.length
  if (Buffer.byteLength(name) <= room) return `${path}.part`
  // Told apart by a hash of the whole, since only the ends of two names may differ.
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16)
  const start = [...name]
  while (Buffer.byteLength(start.join('')) > room - hash.length - 1) start.pop()
  return join(dirname(path), `${start.join('')}~${hash}.part`)
}

// One at a time, each looked at before the next: a link that leads out must not have folders made behind it.
async function makeParents(folder: string, parts: readonly string[]): Promise<string> {
  await mkdir(folder, { recursive: true })
  let path = folder
  for (const part of parts) {
    path = join(path, part)
    try {
      await mkdir(path)
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw error
    }
    await realInside(folder, path)
  }
  return realInside(folder, path)
}

async function realInside(folder: string, path: string): Promise<string> {
  const [realFolder, real] = await Promise.all([realpath(folder), realpath(path)])
  const inside = relative(realFolder, real)
  if (inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)) return real
  throw new BitTrickleError(
    'UNSAFE_TARGET',
    `${quote(path)} is a link that leads out of the download folder; nothing is written through it.`,
  )
}

async function assertFree(path: string, overwrite: boolean): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  })
  if (found === undefined) return
  if (found.isDirectory()) {
    throw new BitTrickleError('TARGET_EXISTS', `${quote(path)} is a folder; choose another name with "as".`)
  }
  if (!overwrite) {
    throw new BitTrickleError(
      'TARGET_EXISTS',
      `${quote(path)} exists already; choose another name with "as", or set "overwrite".`,
    )
  }
}
