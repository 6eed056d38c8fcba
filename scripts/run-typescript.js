// Runs TypeScript that works on the sources as they stand: the benches, and the long run of the fuzzer.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Bundles files, side by side under their names, and runs the first of them. Resolves to its exit code. */
export async function runTypeScript(files, args, nodeFlags = []) {
  const outdir = fileURLToPath(new URL(`../node_modules/.cache/bittrickle/${process.pid}`, import.meta.url))
  mkdirSync(outdir, { recursive: true })
  writeFileSync(`${outdir}/package.json`, '{ "type": "module" }')
  await build({
    entryPoints: Object.fromEntries(files.map((file) => [parse(file).name, file])),
    outdir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
  })
  const flags = ['--enable-source-maps', ...nodeFlags]
  try {
    const { status } = spawnSync(
      process.execPath,
      [...flags, `${outdir}/${parse(files[0]).name}.js`, ...args],
      {
        stdio: 'inherit',
      },
    )
    return status ?? 1
  } finally {
    rmSync(outdir, { recursive: true })
  }
}
