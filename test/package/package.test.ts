import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))
let project: string

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'bittrickle-package-'))
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', project], { cwd: root })
  const tarball = (await readdir(project)).find((name) => name.endsWith('.tgz')) ?? ''
  await writeFile(join(project, 'package.json'), '{ "name": "app", "private": true, "type": "module" }')
  // Without what an app can do without: the native part of a catalogue on the disk takes minutes to compile.
  const omitted = ['--omit=dev', '--omit=optional']
  await run('npm', ['install', ...omitted, '--no-audit', '--no-fund', `./${tarball}`], { cwd: project })
}, 180_000)
afterAll(() => rm(project, { recursive: true, force: true }))

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
  it('works in JavaScript', async () => {
    await writeFile(join(project, 'app.js'), APP)
    const { stdout } = await run(process.execPath, ['app.js'], { cwd: project })
    expect(stdout).toBe('hans []\ntrue NOT_FOUND\n')
  })

  it('has what it starts as threads beside what starts them', async () => {
    const dist = join(project, 'node_modules', 'bittrickle', 'dist')
    const files = (await readdir(dist)).filter((file) => file.endsWith('.js'))
    const sources = await Promise.all(files.map((file) => readFile(join(dist, file), 'utf8')))
    const threads = sources.flatMap((source) =>
      [...source.matchAll(/new URL\("\.\/([\w-]+\.js)", import\.meta\.url\)/g)].map(([, file]) => file),
    )
    expect([...new Set(threads)].sort()).toEqual(
      expect.arrayContaining(['hash-worker.js', 'sqlite-worker.js', 'write-worker.js']),
    )
    expect(files).toEqual(expect.arrayContaining(threads))
  })

  it('says what to install for a catalogue that lasts', async () => {
    await writeFile(
      join(project, 'lasting.js'),
      `import { IndexServer } from 'bittrickle'
const index = new IndexServer({ host: '127.0.0.1', port: 0, credentials: () => true, dataDir: 'data' })
await index.listen().catch((error) => console.log(error.code))
await index.close()
`,
    )
    const { stdout } = await run(process.execPath, ['lasting.js'], { cwd: project })
    expect(stdout).toBe('STORE_UNAVAILABLE\n')
  })

  it('type-checks in strict TypeScript, and refuses wrong options', async () => {
    await mkdir(join(project, 'types'), { recursive: true })
    await writeFile(
      join(project, 'types', 'good.ts'),
      `${APP}\npeer.on('upload', (upload) => upload.name.length)\n`,
    )
    await writeFile(
      join(project, 'types', 'bad.ts'),
      `import { Peer } from 'bittrickle'
const peer = new Peer({ server: 'x', username: 'hans' })
peer.on('uplaod', () => {})
`,
    )
    const options = {
      strict: true,
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2022', 'esnext.disposable', 'dom'],
      noEmit: true,
      types: ['node'],
    }
    // As every app in TypeScript on Node.js has them: a Readable is one of Node's.
    await mkdir(join(project, 'node_modules', '@types'), { recursive: true })
    await symlink(
      join(root, 'node_modules', '@types', 'node'),
      join(project, 'node_modules', '@types', 'node'),
    )
    const config = { compilerOptions: options, files: ['good.ts', 'bad.ts'] }
    await writeFile(join(project, 'types', 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { stdout } = await run(process.execPath, [tsc, '-p', '.'], { cwd: join(project, 'types') }).catch(
      (error: { stdout: string }) => error,
    )
    expect(stdout).toMatch(/'password' is missing[\s\S]*"uplaod"/)
    // And nothing else is wrong, neither in the good file nor in our own types.
    for (const line of stdout.trimEnd().split('\n')) expect(line).toMatch(/^(bad\.ts\(| )/)
  })

  it('brings both programs', async () => {
    for (const program of ['bittrickle', 'bittrickle-server']) {
      const { stdout } = await run(join(project, 'node_modules', '.bin', program), ['--version'], {
        cwd: project,
      })
      expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    }
  })

  it('holds what a user needs, and nothing else', async () => {
    const entries = await readdir(join(project, 'node_modules', 'bittrickle'))
    expect(entries.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'dist', 'package.json'])
  })
})
