import { describe, expect, it } from 'vitest'
import { assertPassword, type PeerOptions, resolvePeerOptions } from '../../src/peer/options.js'

const good = { server: '5331', username: 'hans', password: 'falcon*solo', protocol: 'classic' } as const

const invalid = (...parts: string[]) =>
  expect.objectContaining({
    code: 'INVALID_OPTION',
    retryable: false,
    message: expect.stringMatching(new RegExp(`^Peer: ${parts.join('.*')}`, 's')),
  })

describe('the options of a peer', () => {
  it('have defaults', () => {
    expect(resolvePeerOptions(good)).toMatchObject({
      server: { host: 'localhost', port: 5331 },
      shareDir: process.cwd(),
      downloadDir: process.cwd(),
      stateDir: undefined,
      host: undefined,
      port: 0,
      uploadSlots: 5,
      uploadRate: undefined,
      downloadRate: undefined,
    })
  })

  it('take folders as seen from the working directory, and no rate for an endless one', () => {
    const options = { ...good, shareDir: 'share', stateDir: '/state', uploadRate: Number.POSITIVE_INFINITY }
    expect(resolvePeerOptions(options)).toMatchObject({
      shareDir: `${process.cwd()}/share`,
      stateDir: '/state',
      uploadRate: undefined,
    })
  })

  it.each<[keyof PeerOptions, unknown, string]>([
    ['server', 'two words', '"two words"'],
    ['username', '', '""'],
    ['username', 'two words', '"two words"'],
    ['username', 'x'.repeat(65), '"xxx'],
    ['username', undefined, 'undefined'],
    ['shareDir', '', '""'],
    ['shareDir', 'a\0b', '"a'],
    ['downloadDir', 7, '7'],
    ['stateDir', null, 'null'],
    ['host', 'localhost', '"localhost"'],
    ['host', '', '""'],
    ['port', -1, '-1'],
    ['port', 65_536, '65536'],
    ['port', 1.5, '1.5'],
    ['port', '80', '"80"'],
    ['uploadSlots', 0, '0'],
    ['uploadSlots', 1001, '1001'],
    ['uploadSlots', Number.NaN, 'NaN'],
    ['uploadRate', 0, '0'],
    ['uploadRate', Number.NaN, 'NaN'],
    ['downloadRate', -5, '-5'],
    ['downloadRate', '1', '"1"'],
    ['protocol', 'telnet', '"telnet"'],
  ])('name %s when it is %j', (option, value, shown) => {
    expect(() => resolvePeerOptions({ ...good, [option]: value } as PeerOptions)).toThrow(
      invalid(`${option} must be `, `received ${shown}`),
    )
  })

  it.each(['', 'two words', 'x'.repeat(257), 5, undefined])('refuse the password %j', (password) => {
    const options = { ...good, password } as unknown as PeerOptions
    expect(() => resolvePeerOptions(options)).toThrow(invalid('password '))
    expect(() => assertPassword(password)).toThrow(invalid('password '))
  })

  it('never show a password', () => {
    expect(() => assertPassword('open sesame')).not.toThrow(/sesame/)
    expect(() => assertPassword('open sesame')).toThrow(/white space/)
  })

  it('are needed', () => {
    expect(() => resolvePeerOptions(undefined as unknown as PeerOptions)).toThrow(invalid('options must be'))
    expect(() => resolvePeerOptions(null as unknown as PeerOptions)).toThrow(invalid('options must be'))
  })
})
