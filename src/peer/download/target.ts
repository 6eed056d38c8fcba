import { createHash } from 'node:crypto'
import { lstat, mkdir, realpath } from 'node:fs/promises'
import { basename, isAbsolute, join, relative, sep } from 'node:path'
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

/** A folder inside the download folder, which is there. */
export interface TargetFolder {
  readonly path: string
  /** Without links in it. */
  readonly realPath: string
}

/** A target whose folder is there. */
export interface PreparedTarget extends Target {
  readonly folder: TargetFolder
  /** What it is called in the folder, and its part. */
  readonly fileName: string
  readonly partName: string
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
  assertName(name)
  const path = join(folder, name)
  try {
    const target = targetIn(await prepareFolder(folder, name), basename(path))
    await assertFree(path, overwrite)
    return target
  } catch (cause) {
    if (cause instanceof BitTrickleError) throw cause
    throw diskError(path, cause)
  }
}

/** The target of a file in a folder. */
export function targetIn(folder: TargetFolder, fileName: string): PreparedTarget {
  const partName = partNameOf(fileName)
  return {
    folder,
    fileName,
    partName,
    path: inside(folder.path, fileName),
    partPath: inside(folder.path, partName),
    realPath: inside(folder.realPath, fileName),
  }
}

// Both are normal already, and to find that out again would take longer than all the rest that is done about a file here.
const inside = (folder: string, name: string): string =>
  folder.endsWith(sep) ? folder + name : folder + sep + name

/**
 * Makes the folders between the download folder and a file.
 *
 * @returns the last, which is inside the download folder
 * @throws {@link BitTrickleError} `UNSAFE_TARGET`; a system error
 */
export async function prepareFolder(folder: string, name: string): Promise<TargetFolder> {
  const parents = name.split('/').slice(0, -1)
  const path = join(folder, ...parents)
  return { path, realPath: (await realIfThere(folder, path)) ?? (await makeParents(folder, parents)) }
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

function partNameOf(name: string): string {
  const room = MAX_FILE_NAME_BYTES - LONGEST_ENDING.length
  if (Buffer.byteLength(name) <= room) return `${name}.part`
  // Told apart by a hash of the whole, since only the ends of two names may differ.
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16)
  const start = [...name]
  while (Buffer.byteLength(start.join('')) > room - hash.length - 1) start.pop()
  return `${start.join('')}~${hash}.part`
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
