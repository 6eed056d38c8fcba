import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatKey } from '../../src/channel/key-file.js'
import { generateKeyPair } from '../../src/channel/noise.js'
import { systemRandom } from '../../src/channel/random.js'
import { KnownServers } from '../../src/peer/known-servers.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-known-'))
})
afterEach(() => rm(folder, { recursive: true }))

const key = generateKeyPair(systemRandom).publicKey
const other = generateKeyPair(systemRandom).publicKey

describe.each(['in a folder', 'in memory'])('known servers %s', (where) => {
  const open = () => new KnownServers(where === 'in a folder' ? join(folder, 'state') : undefined)

  it('knows the key of each index that was remembered', async () => {
    const known = open()
    expect(await known.find('index.example:5331')).toBeUndefined()
    await known.remember('index.example:5331', key)
    await known.remember('localhost:5332', other)
    expect(await known.find('index.example:5331')).toEqual(key)
    expect(await known.find('localhost:5332')).toEqual(other)
    expect(await known.list()).toEqual([
      { server: 'index.example:5331', key: formatKey(key) },
      { server: 'localhost:5332', key: formatKey(other) },
    ])
  })

  it('forgets one and says whether it was known', async () => {
    const known = open()
    await known.remember('a:1', key)
    await known.remember('b:1', other)
    expect(await known.forget('a:1')).toBe(true)
    expect(await known.forget('a:1')).toBe(false)
    expect(await known.find('a:1')).toBeUndefined()
    expect(await known.find('b:1')).toEqual(other)
  })
})

it('keeps them for the next run, for its owner alone', async () => {
  await new KnownServers(folder).remember('a:1', key)
  expect(await new KnownServers(folder).find('a:1')).toEqual(key)
  const path = join(folder, 'known_servers')
  expect(await readFile(path, 'utf8')).toBe(`a:1 ${formatKey(key)}\n`)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

it('takes a line that it cannot read for no index that was never met', async () => {
  await writeFile(join(folder, 'known_servers'), '# mine\na:1 nonsense\n')
  await expect(new KnownServers(folder).find('a:1')).rejects.toMatchObject({
    code: 'DISK_ERROR',
    message: expect.stringContaining('Line 2'),
  })
})
