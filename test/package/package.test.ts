import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Project, root, run } from './project.js'

const APP = `
import { BitTrickleError, IndexServer, Peer } from 'bittrickle'
const index = new IndexServer({ host: '127.0.0.1', port: 0, credentials: () => true })
await index.listen()
const peer = new Peer({ server: index.uri, username: 'hans', password: 'x' })
const session = await peer.login()
console.log(session.username, await peer.peers())
await peer.get('nothing').done.catch((error) => console.log(error instanceof BitTrickleError, error.code))
await peer.close()
await index.close()
`

describe('the package, installed into an empty project', () => {
  let project: Project
  beforeAll(async () => {
    // Without what an app can do without: the native part of a catalogue on the disk takes minutes to compile.
    project = await Project.create('--omit=optional')
  })
  afterAll(() => project[Symbol.asyncDispose]())

  it('works in JavaScript', async () => {
    await project.write('app.js', APP)
    expect(await project.node(['app.js'])).toBe('hans []\ntrue NOT_FOUND\n')
  })

  it('has each value that its types tell of, and no other', async () => {
    await project.write('names.js', "console.log(Object.keys(await import('bittrickle')).join(' '))")
    const types = await readFile(project.path('node_modules', 'bittrickle', 'dist', 'index.d.ts'), 'utf8')
    const told =
      /export \{([^}]*)\};?\s*$/
        .exec(types)?.[1]
        ?.split(',')
        .map((name) => name.trim()) ?? []
    const values = told.filter((name) => !name.startsWith('type '))
    expect(values).toContain('SharedFolder')
    expect((await project.node(['names.js'])).trim().split(' ').sort()).toEqual(values.sort())
  })

  it('has what it starts as threads beside what starts them', async () => {
    const dist = project.path('node_modules', 'bittrickle', 'dist')
    const files = (await readdir(dist)).filter((file) => file.endsWith('.js'))
    const sources = await Promise.all(files.map((file) => readFile(join(dist, file), 'utf8')))
    const threads = sources.flatMap((source) =>
      [...source.matchAll(/new URL\("\.\/([\w-]+\.js)", ?import\.meta\.url\)/g)].map(([, file]) => file),
    )
    expect([...new Set(threads)].sort()).toEqual(
      expect.arrayContaining(['hash-worker.js', 'sqlite-worker.js', 'write-worker.js']),
    )
    expect(files).toEqual(expect.arrayContaining(threads))
  })

  it('brings nothing along that it does not use', async () => {
    const installed = project.path('node_modules', 'bittrickle')
    const { dependencies } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
    const files = (await readdir(join(installed, 'dist'), { recursive: true })).filter((name) =>
      /\.(js|d\.ts)$/.test(name),
    )
    const used = new Set<string>()
    for (const name of files) {
      const text = await readFile(join(installed, 'dist', name), 'utf8')
      for (const [, from = ''] of text.matchAll(
        /(?:from ?|import\(|import ?|\brequire\d*\()["']([^."'][^"']*)["']/g,
      ))
        used.add(/^(@[^/]+\/)?[^/]+/.exec(from)?.[0] ?? '')
    }
    expect([...used]).toEqual(expect.arrayContaining(Object.keys(dependencies)))
  })

  it('loads what a peer needs first, and the rest when it is needed', async () => {
    // Each module that is asked for goes by this hook, and each file that is loaded by `require` is in the cache.
    const hook = `import { writeSync } from 'node:fs'
export async function resolve(name, context, next) {
  const found = await next(name, context)
  writeSync(1, found.url + '\\n')
  return found
}`
    await project.write('hook.js', hook)
    await project.write(
      'load.js',
      `import { createRequire, register } from 'node:module'
register('./hook.js', import.meta.url)
const { Peer } = await import('bittrickle')
console.log(Object.keys(createRequire(import.meta.url).cache).join('\\n'))
`,
    )
    const loaded = await project.node(['load.js'])
    expect(loaded).toContain('node_modules/bittrickle/dist/index.js')
    expect(loaded).toContain('node:crypto')
    const packages = [...loaded.matchAll(/node_modules\/((?:@[^/]+\/)?[^/\n]+)\//g)].map(([, name]) => name)
    expect([...new Set(packages)].sort()).toEqual(['bittrickle'])
    // Of its own files, those of the programs and the threads least of all, and nothing that answers requests.
    expect(loaded).not.toMatch(/dist\/(cli\/|[\w-]*worker\.js|entrances-|codec-|content-server-)/)
  })

  it.each(['nodenext', 'bundler'])(
    'type-checks in strict TypeScript of %s, and refuses wrong options',
    async (how) => {
      const folder = `types-${how}`
      await mkdir(project.path(folder))
      await project.write(`${folder}/good.ts`, `${APP}\npeer.on('upload', (upload) => upload.name.length)\n`)
      await project.write(
        `${folder}/bad.ts`,
        `import { Peer } from 'bittrickle'
const peer = new Peer({ server: 'x', username: 'hans' })
peer.on('uplaod', () => {})
`,
      )
      const compilerOptions = {
        strict: true,
        module: how === 'bundler' ? 'esnext' : how,
        moduleResolution: how,
        target: 'es2022',
        lib: ['es2022', 'esnext.disposable', 'dom'],
        noEmit: true,
        // As every app in TypeScript on Node.js has them: a Readable is one of Node's.
        types: ['node'],
        typeRoots: [join(root, 'node_modules', '@types')],
      }
      await project.write(
        `${folder}/tsconfig.json`,
        JSON.stringify({ compilerOptions, files: ['good.ts', 'bad.ts'] }),
      )
      const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
      const { stdout } = await run(process.execPath, [tsc, '-p', '.'], { cwd: project.path(folder) }).catch(
        (error: { stdout: string }) => error,
      )
      expect(stdout).toMatch(/'password' is missing[\s\S]*"uplaod"/)
      // And nothing else is wrong, neither in the good file nor in our own types, which are looked at too.
      for (const line of stdout.trimEnd().split('\n')) expect(line).toMatch(/^(bad\.ts\(| )/)
    },
  )

  it('brings both programs', async () => {
    for (const program of ['bittrickle', 'bittrickle-server']) {
      const { stdout } = await run(project.path('node_modules', '.bin', program), ['--version'], {
        cwd: project.folder,
      })
      expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    }
  })

  it('holds what a user needs, and nothing else', async () => {
    const entries = await readdir(project.path('node_modules', 'bittrickle'))
    expect(entries.sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'NOTICE.md',
      'README.md',
      'bin',
      'dist',
      'package.json',
    ])
  })
})
