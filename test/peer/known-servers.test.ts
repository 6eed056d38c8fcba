import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatKey } from '../../src/channel/key-file.js'
import { generateKeyPair } from '../../src/channel/noise.js'
import { systemRandom } from '../../src/channel/random.js'
import { KnownServers } from '../../src/peer/known-servers.js'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
  path = join(folder, 'state', 'known_servers')
})
afterEach(() => rm(folder, { recursive: true }))

const key = generateKeyPair(systemRandom).publicKey
const other = generateKeyPair(systemRandom).publicKey

describe.each(['in a file', 'in memory'])('known servers %s', (where) => {
  const open = () => new KnownServers(where === 'in a file' ? path : undefined)

  it('are trusted on first use, and loudly refused when the key changed', async () => {
    const servers = open()
    await servers.verify('index.example:5331', key)
    await servers.verify('index.example:5331', key)
    await servers.verify('other.example:5331', other)
    await expect(servers.verify('index.example:5331', other)).rejects.toMatchObject({
      code: 'SERVER_KEY_CHANGED',
      retryable: false,
      message: expect.stringContaining('HAS CHANGED'),
    })
    await servers.verify('index.example:5331', key)
  })

  it('can be forgotten', async () => {
    const servers = open()
    await servers.verify('index.example:5331', key)
    expect(await servers.forget('index.example:5331')).toBe(true)
    expect(await servers.forget('index.example:5331')).toBe(false)
    await servers.verify('index.example:5331', other)
  })
})

describe('the file of known servers', () => {
  it('outlives the peer, and is its owner’s alone', async () => {
    await new KnownServers(path).verify('index.example:5331', key)
    expect(await readFile(path, 'utf8')).toBe(`index.example:5331 ${formatKey(key)}\n`)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await expect(new KnownServers(path).verify('index.example:5331', other)).rejects.toMatchObject({
      code: 'SERVER_KEY_CHANGED',
    })
  })

  it('is not taken for empty when it cannot be read', async () => {
    await new KnownServers(path).verify('index.example:5331', key)
    await writeFile(path, 'index.example:5331 not-a-key\n')
    await expect(new KnownServers(path).verify('index.example:5331', other)).rejects.toMatchObject({
      code: 'DISK_ERROR',
      message: expect.stringContaining('Line 1'),
    })
  })
})
