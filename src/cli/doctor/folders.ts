import { constants } from 'node:fs'
import { access, mkdtemp, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { formatBytes, printable } from '../text.js'
import { type Finding, failure, ok, warning } from './finding.js'

/** A folder of a peer, and what it is for. */
export interface PeerFolder {
  readonly use: 'share' | 'download' | 'state'
  readonly path: string
}

// Keys and lists take some kilobytes; a download says for itself when it does not fit.
const LEAST_SPACE = 16 * 1024 ** 2
const LITTLE_SPACE = 1024 ** 3

/** What a file system makes of names; replaced in tests. */
export interface NameTrial {
  exists(path: string): Promise<boolean>
  list(folder: string): Promise<string[]>
}

const realNames: NameTrial = {
  exists: (path) => may(path, constants.F_OK),
  list: (folder) => readdir(folder),
}

/** Looks at a folder: whether it is there and can be used, how much room there is, and what its file system does with names. */
export async function checkFolder({ use, path }: PeerFolder, names = realNames): Promise<Finding[]> {
  const check = `${use} folder`
  const kind = await kindOf(path)
  if (kind === 'other') return [failure(check, `${path} is no folder.`, 'Name another one.')]
  if (kind === undefined) return [await checkMissing(check, use, path)]
  const findings: Finding[] = []
  const canWrite = await may(path, constants.W_OK | constants.X_OK)
  if (!(await may(path, constants.R_OK | constants.X_OK))) {
    return [
      failure(
        check,
        `${path} cannot be read by this user.`,
        'Give this user the right, or name another folder.',
      ),
    ]
  }
  if (!canWrite && use !== 'share') {
    return [
      failure(
        check,
        `Nothing can be written to ${path} by this user.`,
        'Give this user the right, or name another folder.',
      ),
    ]
  }
  findings.push(await checkSpace(check, use, path))
  if (canWrite) findings.push(...(await checkNames(check, path, names)))
  return findings
}

async function checkMissing(check: string, use: PeerFolder['use'], path: string): Promise<Finding> {
  if (use === 'share') return failure(check, `${path} is not there.`, 'Make it, or name another one.')
  let above = dirname(path)
  while ((await kindOf(above)) === undefined) above = dirname(above)
  if (await may(above, constants.W_OK | constants.X_OK))
    return ok(check, `${path} is not there yet; it is made when it is needed.`)
  return failure(
    check,
    `${path} is not there, and this user cannot make it.`,
    `Make it, or give this user the right to write to ${above}.`,
  )
}

async function kindOf(path: string): Promise<'folder' | 'other' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'other'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : 'other'
  }
}

const may = (path: string, mode: number): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  )

async function checkSpace(check: string, use: PeerFolder['use'], path: string): Promise<Finding> {
  if (use === 'share') return ok(check, `${path} can be read.`)
  const { bavail, bsize } = await statfs(path)
  const free = bavail * bsize
  const text = `${path} can be written to; ${formatBytes(free)} are free.`
  if (free < LEAST_SPACE) return failure(check, text, 'Make room on that disk.')
  if (use === 'download' && free < LITTLE_SPACE)
    return warning(check, text, 'Make room on that disk before you fetch something large.')
  return ok(check, text)
}

/** Tries names in a folder of its own there, whose name begins with a dot: those are not shared. */
async function checkNames(check: string, path: string, names: NameTrial): Promise<Finding[]> {
  let trial: string
  try {
    trial = await mkdtemp(join(path, '.bittrickle-doctor-'))
  } catch (error) {
    return [
      failure(
        check,
        `Nothing can be written to ${path} (${(error as NodeJS.ErrnoException).code}).`,
        'Look at the disk.',
      ),
    ]
  }
  try {
    const findings: Finding[] = []
    await writeFile(join(trial, 'case'), '')
    if (await names.exists(join(trial, 'CASE'))) {
      findings.push(
        warning(
          `${check}: names`,
          `On the disk of ${path} capitals do not count: of names that differ in them alone, one file can be kept.`,
          'Fetch such files under other names (--as), or to another disk.',
        ),
      )
    }
    const unicode = await checkUnicode(check, path, trial, names)
    return unicode === undefined ? findings : [...findings, unicode]
  } finally {
    await rm(trial, { recursive: true, force: true })
  }
}

// In composed form (NFC), as names are on the wire, and from beyond Latin-1.
const UNICODE_NAME = 'é 文 🙂'.normalize('NFC')

async function checkUnicode(
  check: string,
  path: string,
  trial: string,
  { list }: NameTrial,
): Promise<Finding | undefined> {
  try {
    await writeFile(join(trial, UNICODE_NAME), '')
    const names = await list(trial)
    if (names.some((name) => name.normalize('NFC') === UNICODE_NAME)) return undefined
  } catch {
    // It does not take such a name at all.
  }
  return warning(
    `${check}: names`,
    `The disk of ${path} does not keep names with letters of other alphabets as they are.`,
    'Use another disk, or mount this one with UTF-8 names.',
  )
}

const DAY = 86_400_000
const STALE_DAYS = 14
// What a look may cost: a large download folder is looked at in part.
const MOST_LOOKED_AT = 20_000
const SHOWN = 3

/** Looks for downloads that were begun long ago and never finished. */
export async function checkParts(folder: string, now = Date.now()): Promise<Finding> {
  const check = 'unfinished downloads'
  const stale: { readonly path: string; readonly size: number }[] = []
  let looked = 0
  const open = [folder]
  for (let path = open.pop(); path !== undefined && looked < MOST_LOOKED_AT; path = open.pop()) {
    for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
      looked += 1
      const full = join(path, entry.name)
      if (entry.isDirectory()) open.push(full)
      else if (entry.isFile() && entry.name.endsWith('.part')) {
        const { mtimeMs, blocks } = await stat(full)
        if (now - mtimeMs > STALE_DAYS * DAY) stale.push({ path: relative(folder, full), size: blocks * 512 })
      }
    }
  }
  if (stale.length === 0)
    return ok(check, `There is none in ${folder} that is older than ${STALE_DAYS} days.`)
  const shown = stale.slice(0, SHOWN).map(({ path }) => printable(path))
  const rest = stale.length > SHOWN ? ` and ${stale.length - SHOWN} more` : ''
  const size = stale.reduce((sum, each) => sum + each.size, 0)
  return warning(
    check,
    `${stale.length} in ${folder} have not gone on for ${STALE_DAYS} days and take ${formatBytes(size)}: ${shown.join(', ')}${rest}.`,
    'Get them again, which goes on where they were, or remove each with what stands beside it under the same name.',
  )
}
