import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')

it('every code has a heading in docs/errors.md, and every heading is a code', async () => {
  const union = /export type ErrorCode =([\s\S]*?)\n\n/.exec(await read('src/errors.ts'))?.[1] ?? ''
  const codes = [...union.matchAll(/\| '([A-Z_]+)'/g)].map(([, code]) => code)
  const headings = [...(await read('docs/errors.md')).matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
  expect(codes.length).toBeGreaterThan(20)
  expect(headings.sort()).toEqual(codes.sort())
})
