import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

it('every relative link of the documents leads somewhere', async () => {
  const pages = [
    ...(await readdir(root)).filter((name) => name.endsWith('.md')),
    ...(await readdir(join(root, 'docs')))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ]
  const broken: string[] = []
  let checked = 0
  for (const page of pages) {
    const text = await readFile(join(root, page), 'utf8')
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
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
  expect(checked).toBeGreaterThan(5)
})

// As the usual renderers make them.
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  )
}
