// The last step of the build: makes few files of many. What two files need that are loaded at different times, esbuild
// puts into a third one: dozens of them, and each takes Node longer to find than to read. Rollup knows what is loaded by
// then, and joins that: to load the SDK takes a third less (docs/performance.md, "The start").
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { rollup } from 'rollup'

/** Replaces the built files of a folder; see join-chunks.d.ts. */
export async function joinChunks(folder, { entries, threads }) {
  const outputs = []
  // A thread starts with nothing loaded: each gets a file with all that it needs.
  for (const names of [entries, ...threads.map((thread) => [thread])]) {
    outputs.push(...(await bundle(folder, names)))
  }
  const names = outputs.map(({ fileName }) => fileName)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new Error(`${twice} would be written twice`)
  for (const path of await readdir(folder, { recursive: true })) {
    if (/\.js(\.map)?$/.test(path)) await rm(join(folder, path))
  }
  for (const { fileName, code, source } of outputs) {
    const path = join(folder, fileName)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, code ?? source)
  }
}

async function bundle(folder, names) {
  const build = await rollup({
    input: Object.fromEntries(names.map((name) => [name, join(folder, `${name}.js`)])),
    external: (id) => !id.startsWith('.') && !isAbsolute(id),
    // esbuild has left out what nobody uses.
    treeshake: false,
    plugins: [{ name: 'source-maps', load: loadWithMap }],
  })
  const { output } = await build.generate({
    dir: folder,
    compact: true,
    sourcemap: true,
    // Not to be taken for an entry: those of the programs have a chunk of the same name.
    chunkFileNames: ({ name }) => (name.startsWith('chunk-') ? '[name].js' : 'chunk-[name].js'),
    hoistTransitiveImports: false,
  })
  await build.close()
  return output
}

async function loadWithMap(path) {
  const [code, map] = await Promise.all([readFile(path, 'utf8'), readFile(`${path}.map`, 'utf8')])
  return { code, map: JSON.parse(map) }
}
