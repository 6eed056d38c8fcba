import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')

it('every test that docs/security.md names is there, by file and title', async () => {
  // A line break inside an item is a space.
  const page = (await read('docs/security.md')).replace(/\n {2}/g, ' ')
  const named = [...page.matchAll(/`([\w./-]+\.test\.ts)`: (.*?)(?: *\||\)\.)/g)]
  expect(named).toHaveLength([...page.matchAll(/\.test\.ts`/g)].length)
  const missing: string[] = []
  for (const [, path = '', title = ''] of named) {
    if (!(await read(`test/${path}`)).includes(title)) missing.push(`${path}: ${title}`)
  }
  expect(missing).toEqual([])
  expect(named.length).toBeGreaterThan(30)
})
