import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Project, run } from './project.js'

// Two peers and an index; `dataDir` is the folder of its catalogue, if it is to last.
const NETWORK = `
import { writeFile } from 'node:fs/promises'
import { IndexServer, Peer } from 'bittrickle'
const [folder, dataDir] = process.argv.slice(2)
await using index = new IndexServer({ host: '127.0.0.1', port: 0, credentials: () => true, ...(dataDir && { dataDir }) })
try {
  await index.listen()
} catch (error) {
  console.log(error.code, error.message)
  process.exit()
}
const peerOf = (username) =>
  new Peer({ server: index.uri, username, password: 'x', shareDir: folder, downloadDir: folder + '/' + username })
await using hans = peerOf('hans')
await using yoda = peerOf('yoda')
await Promise.all([hans.login(), yoda.login()])
// Of several pieces, so that the threads that hash and write are started too.
await writeFile(folder + '/file.bin', Buffer.alloc(1_000_000, 'x'))
await hans.publish('file.bin')
for await (const { name } of yoda.search('file')) console.log('found', name)
console.log('got', (await yoda.get('file.bin').done).size, 'of', (await import('bittrickle')).Peer === Peer)
`
// Node.js 20 does not know `await using`: there it is written out.
const written = NETWORK.replaceAll('await using', 'const').concat(
  'for (const closable of [yoda, hans, index]) await closable.close()\n',
)
const WORKS = 'found file.bin\ngot 1000000 of true\n'

describe('the package on Node.js', () => {
  let project: Project
  let nodes: string
  const nodeOf = (major: number): string =>
    major === Number(process.versions.node.split('.')[0])
      ? process.execPath
      : join(nodes, String(major), 'node_modules', 'node', 'bin', 'node')

  beforeAll(async () => {
    project = await Project.create('--omit=optional')
    await project.write('network.js', written)
    await project.write('using.js', NETWORK)
    nodes = await mkdtemp(join(tmpdir(), 'bittrickle-nodes-'))
    await Promise.all(
      [20, 22, 24].map(async (major) => {
        if (nodeOf(major) === process.execPath) return
        const prefix = join(nodes, String(major))
        await mkdir(prefix)
        const flags = ['--no-save', '--no-audit', '--no-fund', '--prefix', prefix]
        await run('npm', ['install', ...flags, `node@${major}`])
      }),
    )
  })
  afterAll(async () => {
    await project[Symbol.asyncDispose]()
    await rm(nodes, { recursive: true, force: true })
  })

  async function folderFor(name: string): Promise<string> {
    const folder = project.path(name)
    await mkdir(folder)
    return folder
  }

  describe.each([20, 22, 24])('%i', (major) => {
    it('is what these tests run it on', async () =>
      expect(await project.node(['-p', 'process.versions.node'], nodeOf(major))).toMatch(
        new RegExp(`^${major}\\.`),
      ))

    it('brings files from peer to peer', async () => {
      const folder = await folderFor(`memory-${major}`)
      expect(await project.node(['network.js', folder], nodeOf(major))).toBe(WORKS)
      if (major >= 24) {
        await rm(join(folder, 'yoda'), { recursive: true })
        expect(await project.node(['using.js', folder], nodeOf(major))).toBe(WORKS)
      }
    })

    it('says what to install for a catalogue that lasts', async () => {
      const folder = await folderFor(`lasting-${major}`)
      expect(await project.node(['network.js', folder, join(folder, 'data')], nodeOf(major))).toMatch(
        /^STORE_UNAVAILABLE .*"npm install better-sqlite3@12"/,
      )
    })

    it('starts both programs', async () => {
      for (const program of ['bittrickle', 'bittrickle-server']) {
        const path = project.path('node_modules', 'bittrickle', 'bin', `${program}.js`)
        expect(await project.node([path, '--version'], nodeOf(major))).toMatch(/^\d+\.\d+\.\d+\n$/)
        expect(await project.node([path, '--help'], nodeOf(major))).toContain(`Usage: ${program}`)
      }
    })
  })

  it('keeps its catalogue where better-sqlite3 is there, and says so where it was compiled for another', async () => {
    await project.link('better-sqlite3')
    const folder = await folderFor('sqlite')
    expect(await project.node(['network.js', folder, join(folder, 'data')])).toBe(WORKS)
    const other = [20, 22, 24].find((major) => nodeOf(major) !== process.execPath) ?? 24
    const elsewhere = await folderFor('sqlite-elsewhere')
    expect(await project.node(['network.js', elsewhere, join(elsewhere, 'data')], nodeOf(other))).toMatch(
      /^STORE_UNAVAILABLE [\s\S]*NODE_MODULE_VERSION/,
    )
  })

  it('says the same where better-sqlite3 came without being compiled', async () => {
    await using bare = await Project.create('--ignore-scripts')
    await bare.write('network.js', written)
    const data = bare.path('data')
    expect(await bare.node(['network.js', bare.folder, data])).toMatch(
      /^STORE_UNAVAILABLE .*"npm install better-sqlite3@12"/,
    )
    expect(await bare.node(['network.js', bare.folder])).toBe(WORKS)
  })
})
