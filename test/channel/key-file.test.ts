import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatKey, loadKeyPair, parseKey } from '../../src/channel/key-file.js'
import { generateKeyPair, keyPairFromSecret } from '../../src/channel/noise.js'
import { systemRandom } from '../../src/channel/random.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('key pairs', () => {
  it('have the public key of RFC 7748, section 6.1', () => {
    const secret = '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'
    const publicKey = '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a'
    expect(keyPairFromSecret(Buffer.from(secret, 'hex')).publicKey.toString('hex')).toBe(publicKey)
  })

  it('are written and read as Base64url', () => {
    const { publicKey } = generateKeyPair(systemRandom)
    expect(parseKey(formatKey(publicKey))).toEqual(publicKey)
    for (const text of [
      '',
      'x',
      'A'.repeat(42),
      'A'.repeat(44),
      `${'A'.repeat(42)}=`,
      `${'A'.repeat(42)}+`,
    ]) {
      expect(parseKey(text)).toBeUndefined()
    }
  })

  it('are made once, and kept where only their owner reads them', async () => {
    const path = join(folder, 'deep', 'server.key')
    const first = await loadKeyPair(path)
    expect(await loadKeyPair(path)).toEqual(first)
    expect(keyPairFromSecret(first.secretKey)).toEqual(first)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(join(folder, 'deep'))).toEqual(['server.key'])
  })

  it('are the same for two that start at the same moment', async () => {
    const path = join(folder, 'server.key')
    const pairs = await Promise.all(Array.from({ length: 8 }, () => loadKeyPair(path)))
    expect(new Set(pairs.map(({ publicKey }) => formatKey(publicKey))).size).toBe(1)
  })

  it('are never silently replaced', async () => {
    const path = join(folder, 'server.key')
    await writeFile(path, 'not a key\n')
    await expect(loadKeyPair(path)).rejects.toMatchObject({ code: 'DISK_ERROR' })
    await expect(loadKeyPair(folder)).rejects.toMatchObject({ code: 'DISK_ERROR' })
  })
})
