import { expect, it } from 'vitest'
import type { CatalogueEntry } from '../../../src/index.js'
import { assertKeepable } from '../../../src/server/catalogue/keepable.js'

const entry = (name: string): CatalogueEntry => ({ username: 'hans', name, publishedAt: new Date(0) })

it('refuses what no store could keep', () => {
  for (const wrong of [
    entry(''),
    entry('x'.repeat(513)),
    entry('a\nb'),
    { ...entry('a'), username: 'a\nb' },
  ]) {
    expect(() => assertKeepable(wrong)).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }))
  }
  expect(() => assertKeepable(entry('é'.repeat(256)))).not.toThrow()
})
