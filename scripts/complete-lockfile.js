// Adds to package-lock.json the platform packages that npm left out.
//
// npm writes only those optional packages that it could see: those of other platforms are lost when node_modules
// was there already (npm/cli#4828), or when a registry mirror does not hold them. `npm ci` then refuses the lock
// file. Run this after every `npm install` that changed it; test/package/lockfile.test.ts says when it is needed.
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const OPERATING_SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
]
const PROCESSORS = [
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
]

/** The optional packages, as [key, version, parent], that the lock file names but does not hold. */
export function missingPackages(lock) {
  const missing = new Map()
  for (const entry of Object.values(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const key = `node_modules/${name}`
      // A range would need the registry; the packages of platforms are always named by their exact version.
      if (lock.packages[key] === undefined && /^\d/.test(version))
        missing.set(key, { version, parent: entry })
    }
  }
  return missing
}

function platform(key) {
  const words = key.replace(/^.*\//, '').replace('riscv64gc', 'riscv64').replace('armv7', 'arm').split(/[-.]/)
  const one = (list) => list.filter((word) => words.includes(word))
  const [os, cpu] = [one(OPERATING_SYSTEMS), one(PROCESSORS)]
  const libc = /musl/.test(key) ? ['musl'] : []
  return { ...(os.length > 0 && { os }), ...(cpu.length > 0 && { cpu }), ...(libc.length > 0 && { libc }) }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const path = new URL('../package-lock.json', import.meta.url)
  const lock = JSON.parse(readFileSync(path, 'utf8'))
  const missing = missingPackages(lock)
  for (const [key, { version, parent }] of missing) {
    lock.packages[key] = { version, ...platform(key), ...(parent.dev && { dev: true }), optional: true }
  }
  const [root, ...rest] = Object.entries(lock.packages)
  lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => a.localeCompare(b, 'en'))])
  writeFileSync(path, `${JSON.stringify(lock, undefined, 2)}\n`)
  console.log(`${missing.size} packages of other platforms added`)
}
