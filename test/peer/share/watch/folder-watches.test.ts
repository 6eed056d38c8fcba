import fs, { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FolderWatches } from '../../../../src/peer/share/watch/folder-watches.js'

/** Lets the system watch nothing any more, until that is taken back. */
function refuseWatches(code: string): () => void {
  const spy = vi.spyOn(fs, 'watch').mockImplementation(() => {
    throw Object.assign(new Error(code), { code })
  })
  // The library has it by its name.
  syncBuiltinESMExports()
  return () => {
    spy.mockRestore()
    syncBuiltinESMExports()
  }
}

let root: string
let watches: FolderWatches
let onFailure: ReturnType<typeof vi.fn<(folder: string, code: string) => void>>
let hear: (path: string) => void

const heard = (path: string): Promise<void> =>
  new Promise((resolve) => {
    hear = (one) => {
      if (one === path) resolve()
    }
  })

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bittrickle-'))
  mkdirSync(join(root, 'd', 'sub'), { recursive: true })
  hear = () => {}
  onFailure = vi.fn()
  watches = new FolderWatches({
    absolute: (path) => join(root, path),
    onChange: (path) => hear(path),
    onFailure,
  })
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await watches.close()
  rmSync(root, { recursive: true })
})

const watching = (): number =>
  process.getActiveResourcesInfo().filter((kind) => kind.startsWith('FSEvent')).length

it('tell of what happens in a folder, by its path, and take one watch for all of its files', async () => {
  for (let number = 0; number < 50; number++) writeFileSync(join(root, 'd', `${number}`), 'x')
  const before = watching()
  await watches.add('d')
  await watches.add('d')
  expect(watching()).toBe(before + 1)
  for (const change of [
    () => writeFileSync(join(root, 'd', '7'), 'longer'),
    () => renameSync(join(root, 'd', '8'), join(root, 'd', '7')),
    () => rmSync(join(root, 'd', '7')),
    () => mkdirSync(join(root, 'd', '7')),
  ]) {
    const told = heard('d/7')
    change()
    await told
  }
  expect(onFailure).not.toHaveBeenCalled()
})

it('watch another folder that has taken the place of one, when it is added again', async () => {
  await watches.add('d')
  await watches.add('d/sub')
  renameSync(join(root, 'd'), join(root, 'gone'))
  mkdirSync(join(root, 'd'))
  await watches.remove('d')
  expect(watches.has('d/sub')).toBe(false)
  await watches.add('d')
  const told = heard('d/new')
  writeFileSync(join(root, 'd', 'new'), 'x')
  await told
})

it('stop below a folder alone', async () => {
  mkdirSync(join(root, 'd2'))
  for (const folder of ['d', 'd/sub', 'd2']) await watches.add(folder)
  await watches.remove('d')
  expect(['d', 'd/sub', 'd2'].filter((folder) => watches.has(folder))).toEqual(['d2'])
  const told = heard('d2/x')
  writeFileSync(join(root, 'd2', 'x'), 'x')
  await told
})

it('say why a folder cannot be watched, but not that it is not there', async () => {
  await watches.add('nowhere')
  expect(onFailure).not.toHaveBeenCalled()
  await watches.remove('nowhere')
  const allow = refuseWatches('ENOSPC')
  await watches.add('d')
  allow()
  expect(onFailure.mock.calls).toEqual([['d', 'ENOSPC']])
  await watches.remove('d')
  await watches.add('d')
  const told = heard('d/x')
  writeFileSync(join(root, 'd', 'x'), 'x')
  await told
})

it('tell of the folder where the environment makes the library poll, which knows no names', async () => {
  vi.stubEnv('CHOKIDAR_USEPOLLING', '1')
  vi.stubEnv('CHOKIDAR_INTERVAL', '10')
  await watches.add('d')
  let isTold = false
  void heard('d').then(() => {
    isTold = true
  })
  // What changes before the library has looked for the first time is nothing that it can tell.
  while (!isTold) await writeFile(join(root, 'd', `${performance.now()}`), 'x')
})

it('load their library when a folder is shared, and not before', async () => {
  const url = new URL('../../../../src/peer/share/watch/folder-watches.ts', import.meta.url)
  const imports = (await readFile(url, 'utf8')).match(/^import .*chokidar.*$/gm)
  expect(imports).toEqual([expect.stringMatching(/^import type /)])
})
