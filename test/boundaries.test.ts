import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))

// A room may import from itself and from the rooms below it.
const LEVELS = [
  ['bin'],
  ['cli'],
  ['index'],
  ['server', 'peer'],
  ['classic', 'transfer'],
  ['channel', 'wire', 'content'],
  ['load-part'],
  ['errors', 'clock', 'logger'],
]

const levelOf = (room: string): number => LEVELS.findIndex((rooms) => rooms.includes(room))

function roomOf(path: string): string {
  const [first = '', second = ''] = path.split('/')
  return first === 'src' ? second.replace(/\.(ts|js)$/, '') : first
}

it('imports run one way through the rooms', async () => {
  const wrong: string[] = []
  const entries = await Promise.all(
    ['bin', 'src'].map((folder) => readdir(join(root, folder), { recursive: true, withFileTypes: true })),
  )
  const files = entries.flat().filter((entry) => entry.isFile() && /\.(ts|js)$/.test(entry.name))
  for (const { parentPath, name } of files) {
    const path = relative(root, join(parentPath, name))
    const text = await readFile(join(root, path), 'utf8')
    const from = roomOf(path)
    expect(levelOf(from), `the room of ${path}`).toBeGreaterThanOrEqual(0)
    for (const [, target = ''] of text.matchAll(/(?:from|import) ?\(?'(\.[^']+)'/g)) {
      // The scripts in bin run what was built.
      const to = roomOf(join(dirname(path), target).replace(/^dist\//, 'src/'))
      const isFine = to === from || levelOf(to) > levelOf(from)
      const isDirect = from !== 'cli' || to === 'cli' || to === 'index'
      if (!isFine || !isDirect) wrong.push(`${path} imports ${target}`)
    }
  }
  expect(wrong).toEqual([])
  expect(files.length).toBeGreaterThan(20)
})
