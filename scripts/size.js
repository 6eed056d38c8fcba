// How large the package is, and what an app gets that bundles a peer: `npm run size`.
import { execFile } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { ensureBuild } from './ensure-build.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What an app that needs a peer alone brings along, minified; with all that it depends on, or without. */
export async function bundlePeer({ withDependencies, from = './dist/index.js' }) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export { Peer } from '${from}'`, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    metafile: true,
    logLevel: 'silent',
    ...(!withDependencies && { packages: 'external' }),
  })
  const [output] = Object.values(metafile.outputs)
  const inputs = Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  return { bytes: output.bytes, text: outputFiles[0].text, inputs: inputs.map(([path]) => path) }
}

/** What Node.js reads of our own when an app loads the SDK. */
async function measureImport() {
  const { metafile } = await build({
    entryPoints: [`${root}/dist/index.js`],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    metafile: true,
    logLevel: 'silent',
    // What is loaded later is not read then.
    plugins: [
      {
        name: 'later',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^\./ }, ({ kind, path }) =>
            kind === 'dynamic-import' ? { path, external: true } : undefined,
          ),
      },
    ],
  })
  const read = Object.values(metafile.inputs)
  return { files: read.length, bytes: read.reduce((sum, { bytes }) => sum + bytes, 0) }
}

/** All figures, by what they are of. */
export async function measureSizes() {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
  })
  const [pack] = JSON.parse(stdout)
  const loaded = await measureImport()
  const bytesOf = (pattern) =>
    pack.files.filter(({ path }) => pattern.test(path)).reduce((sum, { size }) => sum + size, 0)
  return {
    'packed, bytes': pack.size,
    'unpacked, bytes': pack.unpackedSize,
    'of that code, bytes': bytesOf(/\.js$/),
    'of that types, bytes': bytesOf(/\.d\.ts$/),
    'of that source maps, bytes': bytesOf(/\.map$/),
    files: pack.entryCount,
    "import('bittrickle') in Node.js, bytes": loaded.bytes,
    "import('bittrickle') in Node.js, files": loaded.files,
    'import { Peer }, minified, own code, bytes': (await bundlePeer({ withDependencies: false })).bytes,
    'import { Peer }, minified, with dependencies, bytes': (await bundlePeer({ withDependencies: true }))
      .bytes,
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  ensureBuild()
  for (const [what, figure] of Object.entries(await measureSizes()))
    console.log(`${figure.toLocaleString('en').padStart(12)}  ${what}`)
}
