import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { missingPackages } from '../../scripts/complete-lockfile.js'

it('the lock file names the packages of every platform, so that `npm ci` works on each', () => {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
  expect([...missingPackages(lock).keys()]).toEqual([])
  expect(
    missingPackages({ packages: { '': { optionalDependencies: { 'x-win32-x64': '1.0.0' } } } }).size,
  ).toBe(1)
})
