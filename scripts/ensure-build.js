import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Builds dist/ when it is missing or older than what it is made of. */
export function ensureBuild() {
  // The code and the types come one after the other, and either may be missing.
  const built = Math.min(...['index.js', 'index.d.ts'].map((name) => modifiedAt(join(root, 'dist', name))))
  const sources = ['src', 'package.json', 'tsup.config.ts', 'tsconfig.json', 'scripts/join-chunks.js'].map(
    (path) => newestIn(join(root, path)),
  )
  if (built > Math.max(...sources)) return
  const { status, stdout, stderr } = spawnSync('npm', ['run', 'build'], { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`The build failed:\n${stdout}\n${stderr}`)
}

function newestIn(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestIn(join(path, name))))
}

function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
