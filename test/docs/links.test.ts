import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** All documents, by their paths; what typedoc writes is not ours. */
async function pages(): Promise<string[]> {
  const above = (await readdir(root)).filter((name) => name.endsWith('.md'))
  const below = await readdir(join(root, 'docs'), { recursive: true, withFileTypes: true })
  const docs = below
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)))
  return [...above, ...docs.filter((path) => !path.startsWith(join('docs', 'api')))]
}

/** What is no code. */
const proseOf = (text: string): string =>
  text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ' '))

const linksOf = (text: string): string[] =>
  [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))

it('every relative link of the documents leads somewhere, to the heading that it names', async () => {
  const broken: string[] = []
  let checked = 0
  for (const page of await pages()) {
    for (const target of linksOf(await readFile(join(root, page), 'utf8'))) {
      checked += 1
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : join(dirname(page), path)
      if (!existsSync(join(root, file))) broken.push(`${page}: ${target}`)
      else if (
        anchor !== undefined &&
        !anchorsOf(await readFile(join(root, file), 'utf8')).includes(anchor)
      ) {
        broken.push(`${page}: ${target}`)
      }
    }
  }
  expect(broken).toEqual([])
  expect(checked).toBeGreaterThan(100)
})

it('the README leads to every page', async () => {
  const linked = new Set(
    linksOf(await readFile(join(root, 'README.md'), 'utf8')).map((target) => target.split('#')[0]),
  )
  expect((await pages()).filter((page) => page !== 'README.md' && !linked.has(page))).toEqual([])
})

it('what a page lists of itself at its beginning is all that it has', async () => {
  for (const page of ['guide', 'faq', 'deploy', 'comparison', 'coming-from-the-original', 'audit']) {
    const text = await readFile(join(root, 'docs', `${page}.md`), 'utf8')
    const listed = [...text.matchAll(/^- \[[^\]]*\]\(#([^)]+)\)$/gm)].map(([, anchor]) => anchor)
    const headings = proseOf(text)
      .split('\n')
      .filter((line) => line.startsWith('## '))
      .join('\n')
    expect(listed, page).toEqual(anchorsOf(headings))
  }
})

it('pictures can be read aloud, and on a dark page', async () => {
  const pictures = (await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.svg'))
  expect(pictures.length).toBeGreaterThan(0)
  for (const name of pictures) {
    const text = await readFile(join(root, 'docs', name), 'utf8')
    expect(text).toMatch(/<title[ >].*<desc[ >].*prefers-color-scheme: dark/s)
  }
})

// As the usual renderers make them.
function anchorsOf(text: string): string[] {
  const lines = text.replace(/^```[\s\S]*?^```$/gm, '')
  return [...lines.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  )
}
