import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { packRoot, unpackRoot } from '../../../src/server/catalogue/root-bytes.js'

const packed = (text: string): Buffer => {
  const bytes = Buffer.from(`..${text}..`)
  return Buffer.from(packRoot(bytes, 2, bytes.length - 2))
}

it('a root takes the bytes that it is', () => {
  for (let at = 0; at < 500; at++) {
    const root = createHash('sha256').update(`${at}`).digest()
    expect(packed(root.toString('base64url'))).toEqual(root)
    expect(unpackRoot(Buffer.concat([Buffer.of(1), root]), 1, 33)).toBe(root.toString('base64url'))
  }
})

it.each([
  ['is short', 'R'],
  ['has as many bytes as a root', 'é'.repeat(16)],
  ['has as many characters as a root, and another one', `${'A'.repeat(42)}+`],
  ['has bits to spare', `${'A'.repeat(42)}B`],
  ['is long', 'x'.repeat(500)],
])('a text that %s stays what it is', (_, text) => {
  const bytes = packed(text)
  expect(bytes.length).not.toBe(32)
  expect(unpackRoot(bytes, 0, bytes.length)).toBe(text)
})
