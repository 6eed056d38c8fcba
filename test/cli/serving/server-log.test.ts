import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type LogStyle, ServerLog } from '../../../src/cli/serving/server-log.js'

function open(style: Partial<LogStyle> = {}) {
  const output = new PassThrough()
  const log = new ServerLog(output, { level: 'info', json: false, ...style })
  const lines = (): string[] =>
    stripVTControlCharacters(String(output.read() ?? ''))
      .split('\n')
      .slice(0, -1)
  return { log, lines }
}

describe('the log of the server', () => {
  it('writes a line for each message', () => {
    const { log, lines } = open()
    log.info('login', { outcome: 'ok' })
    log.info('login', { outcome: 'AUTHENTICATION_FAILED' })
    log.warn('odd')
    log.error('broken')
    log.say('The index listens.', 'ready')
    expect(lines()).toEqual([
      expect.stringMatching(/ login → ok$/),
      expect.stringMatching(/ login → AUTHENTICATION_FAILED$/),
      expect.stringMatching(/ odd$/),
      expect.stringMatching(/ broken$/),
      'The index listens.',
    ])
  })

  it.each([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
  ] as const)('at level %s writes %j', (level, written) => {
    const { log, lines } = open({ level, json: true })
    for (const each of ['debug', 'info', 'warn', 'error'] as const) log[each]('x')
    expect(lines().map((line) => JSON.parse(line).level)).toEqual(written)
  })

  it('writes an object a line, which no field of an event can pass itself off in', () => {
    const { log, lines } = open({ json: true })
    log.info('publish', {
      user: 'hans',
      about: 'a\nb',
      count: 3,
      none: undefined,
      level: 'error',
      event: 'forged',
    })
    log.say('The index listens.', 'ready', { uri: 'bittrickle://x' })
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/)
    expect(lines().map((line) => JSON.parse(line))).toEqual([
      { time, level: 'info', event: 'publish', user: 'hans', about: 'a\nb', count: 3 },
      { time, level: 'info', event: 'ready', uri: 'bittrickle://x' },
    ])
  })

  it('changes its style while it is written', () => {
    const { log, lines } = open()
    log.debug('one')
    log.style = { level: 'debug', json: true }
    log.debug('two')
    expect(lines()).toEqual([expect.stringContaining('"event":"two"')])
  })
})
