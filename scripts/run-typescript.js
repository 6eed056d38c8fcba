// Runs TypeScript that works on the sources as they stand: the benches, and the long run of the fuzzer.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Bundles files that lie in one folder and runs the first of them. Resolves to its exit code. */
export async function runTypeScript(files, args, nodeFlags = []) {
  const name = basename(files[0], '.ts')
  const outdir = fileURLToPath(new URL(`../node_modules/.cache/bittrickle/${process.pid}`, import.meta.url))
  await build({
    entryPoints: files,
    outdir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    outExtension: { '.js': '.mjs' },
  })
  const flags = ['--enable-source-maps', ...nodeFlags]
  try {
    const { status } = spawnSync(process.execPath, [...flags, `${outdir}/${name}.mjs`, ...args], {
      stdio: 'inherit',
    })
    return status ?? 1
  } finally {
    rmSync(outdir, { recursive: true })
  }
}
