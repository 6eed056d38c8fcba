import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findSettings, readSettings } from '../../../src/cli/serving/read-settings.js'

let folder: string
let config: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
  config = join(folder, 'server.json')
})
afterEach(() => rm(folder, { recursive: true }))

const write = (settings: unknown): Promise<void> => writeFile(config, JSON.stringify(settings))

it('are the defaults where nothing is said', async () => {
  const { settings, sources, faults } = await findSettings({}, { BITTRICKLE_HOST: '' })
  expect(faults).toEqual([])
  expect(settings).toEqual({
    port: 5331,
    host: '::',
    credentials: 'credentials.txt',
    data: 'bittrickle-data',
    audit: undefined,
    classic: false,
    classicRemote: false,
    heartbeatInterval: 2000,
    heartbeatTimeout: 3000,
    metrics: undefined,
    logLevel: 'info',
    json: false,
    limits: {},
  })
  expect(new Set(Object.values(sources))).toEqual(new Set(['default']))
})

it('a flag counts before the environment, that before the file, that before the default', async () => {
  await write({ port: 1, host: '127.0.0.1', classic: true, limits: { sessions: 5 } })
  const { settings, sources, faults } = await findSettings(
    { config, port: 3 },
    { BITTRICKLE_PORT: '2', BITTRICKLE_HOST: '::1', BITTRICKLE_CLASSIC: 'false' },
  )
  expect(faults).toEqual([])
  expect(settings).toMatchObject({
    port: 3,
    host: '::1',
    classic: false,
    json: false,
    limits: { sessions: 5 },
  })
  expect(sources).toMatchObject({
    port: 'command line',
    host: 'BITTRICKLE_HOST',
    classic: 'BITTRICKLE_CLASSIC',
    limits: config,
    json: 'default',
  })
})

it('the file may be named by the environment, and its paths are meant from its folder', async () => {
  await write({ credentials: 'accounts.txt', data: '/srv/data', metrics: 9331 })
  const { settings } = await findSettings({ audit: 'audit' }, { BITTRICKLE_CONFIG: config })
  expect(settings).toMatchObject({
    credentials: join(folder, 'accounts.txt'),
    data: '/srv/data',
    audit: 'audit',
    metrics: { host: '127.0.0.1', port: 9331 },
  })
})

it.each([
  ['9331', { host: '127.0.0.1', port: 9331 }],
  ['0.0.0.0:9331', { host: '0.0.0.0', port: 9331 }],
  ['[::1]:9331', { host: '::1', port: 9331 }],
])('figures may be at %s', async (text, address) => {
  expect((await readSettings({}, { BITTRICKLE_METRICS: text })).metrics).toEqual(address)
})

it.each(['localhost:9331', '65536', '::1:9331', '127.0.0.1', '[::1]', ':1', 'x'])(
  'and not at %s',
  async (text) => {
    await expect(readSettings({}, { BITTRICKLE_METRICS: text })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(`received "${text}"`),
    })
  },
)

it('--debug logs all', async () => {
  const { settings, sources } = await findSettings({ debug: true }, { BITTRICKLE_LOG_LEVEL: 'error' })
  expect(settings.logLevel).toBe('debug')
  expect(sources.logLevel).toBe('--debug')
})

it('everything that is wrong is named, with where it stands and what was received', async () => {
  await write({
    port: '5331',
    host: 7,
    classic: 'yes',
    bogus: [1],
    limits: { sessions: 0 },
    logLevel: 'loud',
    heartbeatInterval: 1.5,
  })
  // Even what a flag counts before.
  const { faults, settings } = await findSettings(
    { config, port: 3 },
    { BITTRICKLE_DATA: 'a\0b', BITTRICKLE_JSON: 'maybe' },
  )
  expect(faults).toHaveLength(9)
  const has = (...texts: string[]) =>
    expect(
      faults.some((fault) => texts.every((text) => fault.includes(text))),
      texts.join(),
    ).toBe(true)
  has(config, '"bogus"', '[1]')
  has(config, 'port must be a whole number from 0 to 65535', '"5331"')
  has(config, 'host must be an IP address', 'received 7')
  has(config, 'classic must be true or false', '"yes"')
  has(config, 'limits must be', 'sessions', '{"sessions":0}')
  has(config, 'logLevel must be one of', '"loud"')
  has(config, 'heartbeatInterval', '1.5')
  has('BITTRICKLE_DATA must be the path', '"a\\u0000b"')
  has('BITTRICKLE_JSON must be true or false', '"maybe"')
  expect(settings.port).toBe(3)
  await expect(readSettings({ config }, {})).rejects.toMatchObject({ code: 'INVALID_OPTION' })
})

it.each([
  ['{', 'is no JSON'],
  ['[]', 'must hold one object'],
  ['null', 'must hold one object'],
  ['{"__proto__": 1}', 'there is no setting "__proto__"'],
  ['{"limits": {"bogus": 1}}', 'limits must be'],
])('a file with %s is refused', async (text, why) => {
  await writeFile(config, text)
  const { faults } = await findSettings({ config }, {})
  expect(faults).toEqual([expect.stringContaining(why)])
})

it('a file that is not there is refused', async () => {
  const { faults } = await findSettings({ config }, {})
  expect(faults).toEqual([`The configuration file ${config} cannot be read (ENOENT).`])
})
