// Plain JavaScript, with its types in root-bytes.d.ts: the thread that reads the file runs it too, from src as from dist.
// A root is 32 bytes, of which base64url makes 43 characters: as bytes it takes a quarter less memory.
const BYTES = 32
const CHARACTERS = 43
const LINE_FEED = 0x0a
const NO_CHARACTER = 0xff

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const VALUES = new Uint8Array(256).fill(NO_CHARACTER)
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value

const decoded = new Uint8Array(BYTES)

export function packRoot(text, from, to) {
  if (to - from === CHARACTERS && decode(text, from)) return decoded
  const other = text.subarray(from, to)
  // Not to be taken for a root: no text that is kept ends with a line feed.
  return other.length === BYTES ? Uint8Array.of(...other, LINE_FEED) : other
}

export function unpackRoot(bytes, from, to) {
  if (to - from === BYTES) return bytes.toString('base64url', from, to)
  return bytes.toString('utf8', from, bytes[to - 1] === LINE_FEED ? to - 1 : to)
}

// Whether it could be, and to the same text again: the last character has two bits more than there are bytes.
function decode(text, from) {
  let wrong = 0
  let bits = 0
  let end = 0
  for (let at = 0; at < CHARACTERS; at++) {
    const value = VALUES[text[from + at]]
    wrong |= value
    bits = (bits << 6) | value
    const extra = at & 3
    if (extra > 0) decoded[end++] = bits >>> (6 - 2 * extra)
  }
  return wrong < ALPHABET.length && (bits & 3) === 0
}
