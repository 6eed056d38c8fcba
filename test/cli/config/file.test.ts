import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { changeConfig, readConfig } from '../../../src/cli/config/file.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-config-'))
})
afterEach(() => rm(folder, { recursive: true }))

it('a file that is not there is written for its owner alone, with the folder that it is in', async () => {
  const path = join(folder, 'new', 'config.json')
  await changeConfig(path, { server: 'index.example', username: 'hans', keyring: undefined })
  expect(await readFile(path, 'utf8')).toBe('{\n  "server": "index.example",\n  "username": "hans"\n}\n')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect((await stat(join(folder, 'new'))).mode & 0o777).toBe(0o700)
})

it('a change leaves the other keys alone', async () => {
  const path = join(folder, 'config.json')
  await writeFile(path, '{"port": 1, "username": "hans"}')
  await chmod(path, 0o644)
  await changeConfig(path, { username: undefined, server: 'x' })
  expect(await readConfig(path, true)).toEqual({ port: 1, server: 'x' })
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

it('a file that cannot be understood is not written over', async () => {
  const path = join(folder, 'config.json')
  await writeFile(path, '{"port": 1,')
  await expect(changeConfig(path, { server: 'x' })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  expect(await readFile(path, 'utf8')).toBe('{"port": 1,')
})

it('a folder that cannot be written to is said', async () => {
  await writeFile(join(folder, 'file'), '')
  await expect(changeConfig(join(folder, 'file', 'config.json'), { server: 'x' })).rejects.toMatchObject({
    message: expect.stringContaining(join(folder, 'file', 'config.json')),
  })
})
