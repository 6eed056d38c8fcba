import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseKey } from '../../src/channel/key-file.js'
import { DEFAULT_INDEX_PORT, parseServerAddress } from '../../src/peer/server-address.js'

const KEY = 'AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-AbCdE'

describe('the server option', () => {
  it.each([
    ['5000', { host: 'localhost', port: 5000 }],
    [' 5000 ', { host: 'localhost', port: 5000 }],
    ['index.example', { host: 'index.example', port: DEFAULT_INDEX_PORT }],
    ['index.example:7', { host: 'index.example', port: 7 }],
    ['10.0.0.1:65535', { host: '10.0.0.1', port: 65_535 }],
    ['::1', { host: '::1', port: DEFAULT_INDEX_PORT }],
    ['[::1]', { host: '::1', port: DEFAULT_INDEX_PORT }],
    ['[fe80::1]:80', { host: 'fe80::1', port: 80 }],
    ['bittrickle://index.example', { host: 'index.example', port: DEFAULT_INDEX_PORT }],
    ['bittrickle://index.example/', { host: 'index.example', port: DEFAULT_INDEX_PORT }],
    ['BitTrickle://[::1]:9', { host: '::1', port: 9 }],
    [`bittrickle://index.example:9?key=${KEY}`, { host: 'index.example', port: 9, key: parseKey(KEY) }],
    [
      `bittrickle://index.example:9/?other=1&key=${KEY}`,
      { host: 'index.example', port: 9, key: parseKey(KEY) },
    ],
  ])('reads %j', (text, expected) => {
    expect(parseServerAddress(text)).toEqual(expected)
  })

  it.each([
    '',
    '0',
    '65536',
    'index.example:',
    'index.example:0',
    'index.example:65536',
    'index.example:-1',
    'index.example:5x',
    'two words',
    '-dash.example',
    '[index.example]:5',
    '[::1',
    '::1:99999',
    'http://index.example',
    'bittrickle://',
    'bittrickle://user@index.example',
    'bittrickle://index.example/path',
    'bittrickle://index.example?key=',
    'bittrickle://index.example#part',
  ])('refuses %j and says which value', (text) => {
    expect(() => parseServerAddress(text)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.stringMatching(/^Peer: server must be .*"host:port".*; received /),
      }),
    )
    expect(() => parseServerAddress(text)).toThrow(`received ${JSON.stringify(text)}.`)
  })

  it('refuses what is no string at all', () => {
    for (const server of [5331, undefined, null]) {
      expect(() => parseServerAddress(server as unknown as string)).toThrow(`received ${String(server)}.`)
    }
  })

  it('never yields an address that cannot be sent to', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webAuthority(), fc.webUrl()), (text) => {
        let address: ReturnType<typeof parseServerAddress>
        try {
          address = parseServerAddress(text)
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_OPTION' })
          return
        }
        expect(address.host).toMatch(/^[\w.:%-]+$/)
        expect(address.port).toBeGreaterThanOrEqual(1)
        expect(address.port).toBeLessThanOrEqual(65_535)
      }),
    )
  })
})
