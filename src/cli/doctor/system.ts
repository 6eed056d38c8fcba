import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { type Finding, failure, ok, warning } from './finding.js'

// A peer takes up to 512 connections, and each transfer has a file or two.
const WANTED_FILES = 1024

// Before any release of this program; a clock that says so was never set.
const EARLIEST = Date.UTC(2025, 0, 1)
// A clock that is decades ahead makes every ticket look as if it had run out.
const LATEST = Date.UTC(2100, 0, 1)

/** Which Node.js runs which release. */
export function checkVersions(node = process.versions.node): Finding {
  const { version, engines } = createRequire(import.meta.url)('bittrickle/package.json') as {
    version: string
    engines: { node: string }
  }
  const least = engines.node.replace(/^\D+/, '')
  const what = `bittrickle ${version} on Node.js ${node} (${process.platform} ${process.arch})`
  if (isBefore(node, least)) {
    return failure('versions', `${what}: it needs Node.js ${least} or newer.`, 'Install a newer Node.js.')
  }
  return ok('versions', `${what}.`)
}

function isBefore(a: string, b: string): boolean {
  const [left = [], right = []] = [a, b].map((version) => version.split('.').map(Number))
  for (const [place, number] of right.entries()) {
    const other = left[place] ?? 0
    if (other !== number) return other < number
  }
  return false
}

/** Whether the clock can be right. The index tells no time, so that this is all that can be said. */
export function checkClock(now = Date.now()): Finding {
  const shown = new Date(now).toISOString()
  if (now < EARLIEST || now > LATEST) {
    return failure(
      'clock',
      `The clock says ${shown}, which cannot be: tickets, which hold for a minute, will not be believed.`,
      'Set the clock, best by NTP.',
    )
  }
  return ok(
    'clock',
    `The clock says ${shown}. If that is ahead by more than a few seconds, this peer begins to refuse tickets of others that still hold; if it is behind, it takes them for longer; the index tells no time to compare it with.`,
  )
}

/** How many files and connections may be open at a time. */
export async function checkFileLimit(read: () => Promise<string> = readFileLimit): Promise<Finding> {
  const text = (await read().catch(() => '')).trim()
  if (text === 'unlimited') return ok('open files', 'There is no limit on open files.')
  const limit = Number(text)
  if (text === '' || !Number.isSafeInteger(limit)) {
    return ok('open files', 'This system does not tell how many files may be open at a time.')
  }
  if (limit >= WANTED_FILES) return ok('open files', `${limit} files and connections may be open at a time.`)
  return warning(
    'open files',
    `Only ${limit} files and connections may be open at a time; a peer that is much asked needs some ${WANTED_FILES}.`,
    `Raise it: "ulimit -n ${WANTED_FILES}" in the shell, or LimitNOFILE= in a unit of systemd.`,
  )
}

// Node.js raises its own soft limit when it starts, which a shell below it inherits.
async function readFileLimit(): Promise<string> {
  if (process.platform === 'linux') {
    const limits = await readFile('/proc/self/limits', 'utf8')
    return /^Max open files\s+(\S+)/m.exec(limits)?.[1] ?? ''
  }
  if (process.platform === 'win32') return ''
  return (await promisify(execFile)('sh', ['-c', 'ulimit -n'])).stdout
}
