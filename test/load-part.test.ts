import { expect, it } from 'vitest'
import { loadPart } from '../src/load-part.js'

it('loads a part of the package', async () => {
  expect(await loadPart(async () => ({ part: 1 }))).toEqual({ part: 1 })
})

it('says with a code of its own why it cannot', async () => {
  const cause = Object.assign(new Error('no such module'), { code: 'ERR_MODULE_NOT_FOUND' })
  await expect(loadPart(() => Promise.reject(cause))).rejects.toMatchObject({
    code: 'DISK_ERROR',
    message: expect.stringContaining('ERR_MODULE_NOT_FOUND'),
    cause,
  })
})
