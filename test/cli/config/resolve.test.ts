import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Flags, resolveSettings } from '../../../src/cli/config/resolve.js'
import { DEFAULT_STATE } from '../../../src/cli/config/settings.js'

let folder: string
let config: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-config-'))
  config = join(folder, 'config.json')
})
afterAll(() => rm(folder, { recursive: true }))

async function settings(file: object | string, environment: Record<string, string> = {}, flags: Flags = {}) {
  await writeFile(config, typeof file === 'string' ? file : JSON.stringify(file))
  return resolveSettings(flags, { BITTRICKLE_CONFIG: config, ...environment })
}

describe('a setting', () => {
  it('is taken from a flag, else the environment, else the file, else it is the default', async () => {
    const file = { port: 1 }
    const environment = { BITTRICKLE_PORT: '2' }
    expect(await settings(file, environment, { port: '3' })).toMatchObject({
      port: 3,
      origins: { port: 'flag' },
    })
    expect(await settings(file, environment)).toMatchObject({ port: 2, origins: { port: 'environment' } })
    expect(await settings(file)).toMatchObject({ port: 1, origins: { port: 'file' } })
    expect(await settings({})).toMatchObject({ port: 0, origins: { port: 'default' } })
  })

  it('has a default where there is one', async () => {
    const found = await settings({})
    expect(found).toMatchObject({
      server: '5331',
      share: process.cwd(),
      download: process.cwd(),
      state: DEFAULT_STATE,
      config,
      passwordStdin: false,
      debug: false,
    })
    expect(found.username).toBeUndefined()
    expect(found.uploadRate).toBeUndefined()
  })

  it.each<[string, unknown, string, unknown]>([
    ['server', 'index.example', 'BITTRICKLE_SERVER', 'index.example'],
    ['username', 'hans', 'BITTRICKLE_USERNAME', 'hans'],
    ['host', '::1', 'BITTRICKLE_HOST', '::1'],
    ['port', 65_535, 'BITTRICKLE_PORT', 65_535],
    ['uploadSlots', 7, 'BITTRICKLE_UPLOAD_SLOTS', 7],
    ['uploadRate', '2M', 'BITTRICKLE_UPLOAD_RATE', 2 ** 21],
    ['downloadRate', '1.5KiB/s', 'BITTRICKLE_DOWNLOAD_RATE', 1536],
    ['downloadRate', 1000, 'BITTRICKLE_DOWNLOAD_RATE', 1000],
    ['classic', true, 'BITTRICKLE_CLASSIC', true],
    ['json', false, 'BITTRICKLE_JSON', false],
    ['progress', true, 'BITTRICKLE_PROGRESS', true],
    ['color', false, 'BITTRICKLE_COLOR', false],
    ['keyring', true, 'BITTRICKLE_KEYRING', true],
  ])('%s: %j is the same from the file and from %s', async (name, value, variable, read) => {
    expect(await settings({ [name]: value })).toMatchObject({ [name]: read })
    expect(await settings({}, { [variable]: String(value) })).toMatchObject({ [name]: read })
  })

  it('is a path from where it is said: the folder of the file, or the working folder', async () => {
    expect(await settings({ share: 'shared' })).toMatchObject({ share: join(folder, 'shared') })
    expect(await settings({}, { BITTRICKLE_SHARE: 'shared' })).toMatchObject({ share: resolve('shared') })
    expect(await settings({ state: '~/x', download: '~' })).toMatchObject({
      state: join(homedir(), 'x'),
      download: homedir(),
    })
  })

  it('is not set by a variable that is empty', async () => {
    expect((await settings({}, { BITTRICKLE_USERNAME: '' })).username).toBeUndefined()
  })
})

describe('a value that is none', () => {
  it('is told with where it comes from', async () => {
    const expected = 'must be a whole number from 0 to 65535; received'
    await expect(settings({ port: 'x' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: `"port" in ${config} ${expected} "x".`,
    })
    await expect(settings({}, { BITTRICKLE_PORT: '65536' })).rejects.toThrow(
      `BITTRICKLE_PORT ${expected} "65536".`,
    )
    await expect(settings({}, {}, { port: '-1' })).rejects.toThrow(`--port ${expected} "-1".`)
  })

  it('is told also where something stronger takes its place', async () => {
    await expect(settings({ port: 'x' }, {}, { port: '1' })).rejects.toThrow('"port" in')
  })

  it.each<[string, unknown]>([
    ['server', 'two words'],
    ['server', 5331],
    ['username', '@hans'],
    ['username', 'two words'],
    ['username', 'x'.repeat(65)],
    ['share', ''],
    ['host', 'localhost'],
    ['port', 1.5],
    ['uploadRate', 'fast'],
    ['uploadRate', 0],
    ['uploadSlots', 0],
    ['uploadSlots', 1001],
    ['classic', 'maybe'],
    ['json', 1],
    ['port', null],
  ])('%s: %j', async (name, value) => {
    await expect(settings({ [name]: value })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })
})

describe('a configuration file', () => {
  it('has known keys alone, and no password', async () => {
    await expect(settings({ prot: 1 })).rejects.toThrow(
      `The configuration file ${config} has the unknown key "prot". There are: server, username, share,`,
    )
    await expect(settings({ password: 'x' })).rejects.toThrow('A password does not belong there')
  })

  it.each(['', '[]', '"text"', 'null', '{"port": 1,}'])('that is %j is refused', async (text) => {
    await expect(settings(text)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(config),
    })
  })

  it('has to be there when it is named, by a flag or the environment', async () => {
    const none = join(folder, 'none.json')
    for (const [flags, environment] of [
      [{ config: none }, {}],
      [{}, { BITTRICKLE_CONFIG: none }],
    ] as const) {
      await expect(resolveSettings(flags, environment)).rejects.toThrow(`${none} cannot be read (ENOENT)`)
    }
  })
})
