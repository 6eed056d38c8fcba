import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readSettings } from '../../../src/cli/serving/read-settings.js'
import { Reloader } from '../../../src/cli/serving/reload.js'
import { ServerLog } from '../../../src/cli/serving/server-log.js'
import { BitTrickleError, type ReloadOptions } from '../../../src/index.js'

let folder: string
let config: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittrickle-'))
  config = join(folder, 'server.json')
})
afterEach(() => rm(folder, { recursive: true }))

const write = (settings: unknown): Promise<void> => writeFile(config, JSON.stringify(settings))

/** A reloader of an index that takes note, or refuses. */
async function open(failure?: Error) {
  const output = new PassThrough()
  const settings = await readSettings({ config }, {})
  const log = new ServerLog(output, { level: settings.logLevel, json: true })
  const taken: (ReloadOptions | undefined)[] = []
  const index = {
    reload: async (options?: ReloadOptions) => {
      if (failure !== undefined) throw failure
      taken.push(options)
    },
  }
  const reloader = new Reloader(index, { config }, settings, log)
  const lines = (): Record<string, unknown>[] =>
    String(output.read() ?? '')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
  return { reloader, taken, lines, log }
}

it('takes what can change, and says what takes a restart', async () => {
  await write({ json: true, host: '127.0.0.1' })
  const { reloader, taken, lines, log } = await open()
  await write({
    json: true,
    host: '::1',
    logLevel: 'debug',
    limits: { sessions: 9, handshakesPerSecond: 3 },
    metrics: 9331,
  })
  await reloader.reload({})
  expect(taken).toEqual([{ limits: { sessions: 9, handshakesPerSecond: 3 } }])
  log.debug('seen')
  const time = expect.any(String)
  const restart = { time, level: 'warn', event: 'a setting has changed that takes a restart' }
  expect(lines()).toEqual([
    { ...restart, setting: 'host', now: '127.0.0.1', wanted: '::1' },
    { ...restart, setting: 'metrics', now: 'none', wanted: '127.0.0.1:9331' },
    { ...restart, setting: 'limits.handshakesPerSecond', now: 'default', wanted: 3 },
    { time, level: 'info', event: 'reloaded', accounts: 'read again', changed: 'logLevel limits' },
    { time, level: 'debug', event: 'seen' },
  ])
})

it('says so again until there was a restart, and not of what is as it was', async () => {
  await write({ json: true, port: 1 })
  const { reloader, lines } = await open()
  await write({ json: true, port: 2 })
  await Promise.all([reloader.reload({}), reloader.reload({})])
  expect(lines().map(({ event }) => event)).toEqual([
    'a setting has changed that takes a restart',
    'reloaded',
    'a setting has changed that takes a restart',
    'reloaded',
  ])
  await write({ json: true, port: 1 })
  await reloader.reload({})
  expect(lines()).toEqual([expect.objectContaining({ event: 'reloaded', changed: 'nothing else' })])
})

it('keeps the old configuration when the new one is broken, and says why', async () => {
  await write({ json: true })
  const { reloader, taken, lines, log } = await open()
  await write({ json: true, logLevel: 'debug', port: 'x', bogus: 1 })
  await reloader.reload({})
  expect(taken).toEqual([])
  log.debug('not seen')
  const event = 'the new configuration is not taken; the old one goes on'
  expect(lines()).toEqual([
    expect.objectContaining({ level: 'error', event, why: expect.stringContaining('"bogus"') }),
    expect.objectContaining({ level: 'error', event, why: expect.stringContaining('port must be') }),
  ])
})

it('keeps it, too, when the index refuses', async () => {
  await write({ json: true })
  const { reloader, lines, log } = await open(
    new BitTrickleError('INVALID_CREDENTIALS_FILE', 'Line 3 is bad.'),
  )
  await write({ json: true, logLevel: 'debug' })
  await reloader.reload({})
  log.debug('not seen')
  expect(lines()).toEqual([expect.objectContaining({ level: 'error', why: 'Line 3 is bad.' })])
})
