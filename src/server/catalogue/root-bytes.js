// Plain JavaScript, with its types in root-bytes.d.ts: the thread that reads the file runs it too, from src as from dist.
// A root is 32 bytes, of which base64url makes 43 characters: as bytes it takes a quarter less memory.
export const ROOT_BYTES = 32
export const ROOT_CHARACTERS = 43
const LINE_FEED = 0x0a
const NO_CHARACTER = 0xff

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const VALUES = new Uint8Array(256).fill(NO_CHARACTER)
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value

const scratch = new Uint8Array(ROOT_BYTES)

export function packRoot(text, from, to) {
  if (to - from === ROOT_CHARACTERS && readRoot(text, from, scratch, 0)) return scratch
  const other = text.subarray(from, to)
  // Not to be taken for a root: no text that is kept ends with a line feed.
  return other.length === ROOT_BYTES ? Uint8Array.of(...other, LINE_FEED) : other
}

export function unpackRoot(bytes, from, to) {
  if (to - from === ROOT_BYTES) return bytes.toString('base64url', from, to)
  return bytes.toString('utf8', from, bytes[to - 1] === LINE_FEED ? to - 1 : to)
}

// Four characters are three bytes. By steps of one it takes three times as long, a second for three million.
export function readRoot(text, from, bytes, to) {
  let wrong = 0
  for (let at = 0; at < 10; at++) {
    const a = VALUES[text[from + 4 * at]]
    const b = VALUES[text[from + 4 * at + 1]]
    const c = VALUES[text[from + 4 * at + 2]]
    const d = VALUES[text[from + 4 * at + 3]]
    wrong |= a | b | c | d
    bytes[to + 3 * at] = (a << 2) | (b >> 4)
    bytes[to + 3 * at + 1] = (b << 4) | (c >> 2)
    bytes[to + 3 * at + 2] = (c << 6) | d
  }
  const a = VALUES[text[from + 40]]
  const b = VALUES[text[from + 41]]
  const c = VALUES[text[from + 42]]
  bytes[to + 30] = (a << 2) | (b >> 4)
  bytes[to + 31] = (b << 4) | (c >> 2)
  // Only what comes to the same text again: the last character has two bits more than there are bytes.
  return (wrong | a | b | c) < ALPHABET.length && (c & 3) === 0
}
