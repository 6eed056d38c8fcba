import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findSecret, forgetSecret, storeSecret } from '../../../src/cli/config/keyring.js'

const account = { server: 'bittrickle://index.example:5331?key=x', username: 'hans' }
const secret = 'falcon*"solo\\$x é'

let folder: string
let path: string | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-keyring-'))
  path = process.env.PATH
  process.env.PATH = `${folder}${delimiter}${path}`
})
afterEach(async () => {
  process.env.PATH = path
  await rm(folder, { recursive: true })
})

/** A command that notes its words, and what it is told. */
async function fake(name: string, script: string): Promise<void> {
  const command = join(folder, name)
  await writeFile(command, `#!/bin/sh\ncd '${folder}'\nprintf '%s\\n' "$*" >> words\n${script}\n`)
  await chmod(command, 0o755)
}

const words = (): Promise<string> => readFile(join(folder, 'words'), 'utf8')

describe('on Linux', () => {
  const store = () =>
    fake(
      'secret-tool',
      'case $1 in store) cat > kept;; lookup) cat kept 2>/dev/null;; clear) rm -f kept;; esac',
    )

  it('a password is kept by secret-tool, which is told it on stdin', async () => {
    await store()
    expect(await storeSecret(account, secret, 'linux')).toBe(true)
    expect(await readFile(join(folder, 'kept'), 'utf8')).toBe(secret)
    expect(await findSecret(account, 'linux')).toBe(secret)
    await forgetSecret(account, 'linux')
    expect(await findSecret(account, 'linux')).toBeUndefined()
    const said = await words()
    expect(said).toContain(
      'store --label=BitTrickle: hans@index.example:5331 application bittrickle account hans@index.example:5331\n',
    )
    expect(said).not.toContain('falcon')
  })

  it('one that fails keeps nothing', async () => {
    await fake('secret-tool', 'exit 1')
    expect(await storeSecret(account, secret, 'linux')).toBe(false)
    expect(await findSecret(account, 'linux')).toBeUndefined()
  })

  it('nor does one that only says so', async () => {
    await fake('secret-tool', 'exit 0')
    expect(await storeSecret(account, secret, 'linux')).toBe(false)
  })

  it('nor one that is not there', async () => {
    process.env.PATH = folder
    expect(await storeSecret(account, secret, 'linux')).toBe(false)
    expect(await findSecret(account, 'linux')).toBeUndefined()
    await forgetSecret(account, 'linux')
  })
})

it('on macOS the keychain is told on stdin, too', async () => {
  await fake(
    'security',
    `case $1 in
-i) sed -n 's/^add-generic-password -U -s bittrickle -a "hans@index.example:5331" -w //p' > kept;;
find-generic-password) cat kept;; delete-generic-password) rm kept;; esac`,
  )
  expect(await storeSecret(account, secret, 'darwin')).toBe(true)
  expect(await findSecret(account, 'darwin')).toBe(secret)
  await forgetSecret(account, 'darwin')
  expect(await findSecret(account, 'darwin')).toBeUndefined()
  const said = await words()
  expect(said).not.toContain('falcon')
  expect(said).not.toContain(Buffer.from(secret).toString('base64'))
})

it('on Windows nothing is kept', async () => {
  expect(await storeSecret(account, secret, 'win32')).toBe(false)
  expect(await findSecret(account, 'win32')).toBeUndefined()
  await forgetSecret(account, 'win32')
})
