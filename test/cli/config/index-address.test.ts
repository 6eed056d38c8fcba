import { expect, it } from 'vitest'
import { indexAddress } from '../../../src/cli/config/index-address.js'

it.each([
  ['5331', 'localhost:5331'],
  ['127.0.0.1:5331', 'localhost:5331'],
  ['localhost', 'localhost:5331'],
  ['[::1]:5331', 'localhost:5331'],
  ['::1', 'localhost:5331'],
  [' Index.Example ', 'index.example:5331'],
  ['bittrickle://INDEX.example:5331?key=abc', 'index.example:5331'],
  ['bittrickle://index.example/', 'index.example:5331'],
  ['BITTRICKLE://[2001:db8::1]:1', '[2001:db8::1]:1'],
  ['2001:db8::1', '[2001:db8::1]:5331'],
])('%j names the index at %s', (server, address) => {
  expect(indexAddress(server)).toBe(address)
})

it.each(['', '0', '65536', 'host:0', 'host:65536', 'two words', 'http://host', '[host]:1', '-host', 'a@b'])(
  '%j names none',
  (server) => {
    expect(indexAddress(server)).toBeUndefined()
  },
)
